"""What fastText classifiers of quality say: DCLM's, RedPajama-V2's, any of one's own."""

import pyarrow as pa

from filters.classifiers import open_classifier
from filters.registry import signal
from filters.text import TextBatch, encode


@signal(
    pa.float32(),
    unit="probability",
    source="RedPajama-V2 rps_doc_ml_*_score, classifiers.py (855a8e0); DCLM, classify_fasttext_hq_prob",
)
def class_probability(
    text: TextBatch, *, model: str | None = None, label: str = "__label__cc", other: bool = True
) -> pa.Array:
    """Probability of all labels but `label`, of `label` itself without `other`; null without a model or text.

    The lines are joined by spaces. With the labels `__label__cc` and one for what is good this is the
    published score: 1 - P(cc) where `cc` wins, else the winner's.
    """
    if model is None:
        return pa.nulls(len(text), pa.float32())
    classifier = open_classifier(model)
    values: list[float | None] = []
    for row in encode(text.codepoints, text.lengths).to_pylist():
        found = classifier.probability(row, label)
        values.append(found if found is None or not other else 1.0 - found)
    return pa.array(values, pa.float32())
