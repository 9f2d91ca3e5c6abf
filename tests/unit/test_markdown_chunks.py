"""Blank lines and fences of Markdown are judged with the lines that they belong to."""

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from hypothesis import given
from hypothesis import strategies as st

from filters.chunks import chunk_spans
from filters.text import TextBatch
from pipeline.markdown_chunks import KEPT, judge_blocks

LINES = st.lists(st.sampled_from(["", "```", "> ```", "code", "more code"]), min_size=1, max_size=12)


def slow(lines: list[str], judgement: list[int]) -> list[int]:
    """Return the judgements of the lines of one text, one after another."""
    result = list(judgement)
    fences = [i for i, line in enumerate(lines) if line.endswith("```")]
    for opening, closing in zip(fences[0::2], fences[1::2], strict=False):
        inside = range(opening + 1, closing)
        stays = any(judgement[i] == KEPT and lines[i] for i in inside)
        first = judgement[inside[0] if inside else opening]
        result[opening] = result[closing] = KEPT if stays else first
    for i, line in enumerate(lines):
        if not line and i:
            result[i] = result[i - 1]
    return result


@given(st.lists(LINES, min_size=1, max_size=4), st.randoms(use_true_random=False))
def test_lines_are_judged_as_one_after_another(texts, random):
    texts = [[*lines, "end"] for lines in texts]  # a line feed at the end of a text begins no line
    text = TextBatch.from_arrow(pa.array(["\n".join(lines) for lines in texts]))
    chunks = chunk_spans(text, unit="whole_line")
    judgements = [[random.choice([KEPT, 0, 1]) for _ in lines] for lines in texts]
    stripped = pc.utf8_trim_whitespace(text.slice_text(chunks))
    flat = np.array([each for judgement in judgements for each in judgement])
    expected = [
        each for lines, judgement in zip(texts, judgements, strict=True) for each in slow(lines, judgement)
    ]
    assert judge_blocks((flat,), stripped, chunks)[0].tolist() == expected


def test_no_chunk_gives_no_judgement():
    text = TextBatch.from_arrow(pa.array(["", ""]))
    chunks = chunk_spans(text)
    empty = np.zeros(0, np.int64)
    assert judge_blocks((empty,), text.slice_text(chunks), chunks)[0].tolist() == []
