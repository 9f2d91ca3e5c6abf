import pytest

from pipeline.dedup_check import dedup_fault
from pipeline.steps import DEDUP_KINDS


@pytest.mark.parametrize("kind", DEDUP_KINDS)
def test_the_defaults_of_every_kind_can_be(kind: str) -> None:
    assert dedup_fault(kind, DEDUP_KINDS[kind].parameters) is None


@pytest.mark.parametrize(
    ("kind", "given", "fault"),
    [
        ("minhash", {"permutations": 100}, "bands x rows of at most 100 permutations, got 25 x 5"),
        ("minhash", {"verify": "eyes"}, "verify: expected one of signature, shingles, none, got 'eyes'"),
        ("exact", {"keep": "oldest"}, "keep: expected one of smallest_key, longest"),
        ("simhash", {"distance": 6}, "expected a distance below the number of blocks"),
        ("substring", {"unit": "line"}, "expected unit word or byte, got 'line'"),
        ("substring", {"keep": "longest"}, "expected one of smallest_key, none for spans, got 'longest'"),
    ],
)
def test_what_cannot_be_is_named(kind: str, given: dict[str, object], fault: str) -> None:
    assert fault in str(dedup_fault(kind, {**DEDUP_KINDS[kind].parameters, **given}))
