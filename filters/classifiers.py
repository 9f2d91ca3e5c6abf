"""fastText classifiers of quality: what probability one gives to a label, for whole texts and sentences."""

import importlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from filters.model_files import check_fasttext
from filters.models import Memo, find_model
from schemas.errors import MissingDependencyError, ModelError, near_name

END_OF_LINE = "</s>"
"""fastText stops reading at this word."""

_classifiers = Memo()


@dataclass(frozen=True, slots=True)
class Classifier:
    """A supervised fastText model and its labels."""

    name: str
    labels: tuple[str, ...]
    model: Any

    def probability(self, text: str, label: str) -> float | None:
        """Return the probability of `label` for a text, made one line; nothing where it is only white space.

        Raises:
            ModelError: the model has no such label.
        """
        if label not in self.labels:
            known = ", ".join(self.labels[:10])
            hint = near_name(label, self.labels) or f"; labels: {known}"
            raise ModelError(f"model {self.name}: no label {label!r}{hint}")
        line = " ".join(text.strip().splitlines()).replace(END_OF_LINE, " ").strip()
        if not line:
            return None
        found = {name: score for score, name in self.model.f.predict(line + "\n", -1, 0.0, "strict")}
        return min(float(found.get(label, 0.0)), 1.0)


def open_classifier(name: str) -> Classifier:
    """Return the classifier of that path or name of the registry.

    Raises:
        ModelError: there is none, or the file is damaged or another kind of model.
        MissingDependencyError: fastText is not installed.
    """
    path = find_model(name)
    status = path.stat()
    stamp = (str(path.absolute()), status.st_size, status.st_mtime_ns)
    classifier: Classifier = _classifiers.get(stamp, lambda: _read(name, path))
    return classifier


def _read(name: str, path: Path) -> Classifier:
    try:
        fasttext = importlib.import_module("fasttext")
    except ImportError as error:
        raise MissingDependencyError(
            "the package for fasttext is not installed; run: pip install 'glotmill[lid]'"
        ) from error
    check_fasttext(path)
    try:
        model = fasttext.load_model(str(path))
    except (ValueError, MemoryError, RuntimeError) as error:
        raise ModelError(f"{path}: not a fastText model that can be read: {error}") from error
    return Classifier(name, tuple(model.get_labels()), model)
