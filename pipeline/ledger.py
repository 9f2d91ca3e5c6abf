"""The ledger: receipts in long form, and the law that they must obey.

For every part and stage, records in = records kept + records removed, each removed one under a reason; and
what one stage keeps of a language is what the next one takes in.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping

import pyarrow as pa

from pipeline.workspace import Outcomes, Receipt
from schemas.errors import ConservationError
from schemas.ledger import KEPT, LEDGER, RECORDS_IN, RELABELLED, UNKNOWN_LANGUAGE

Row = tuple[str, int, str, str, int]
"""Stage, part, language, outcome, records."""


def ledger_rows(stage: str, part: int, records_in: int, outcomes: Outcomes) -> Iterator[Row]:
    """Yield the rows of one part of a stage: one `records_in`, then one for each language and outcome."""
    yield stage, part, UNKNOWN_LANGUAGE, RECORDS_IN, records_in
    for (lang, outcome), records in sorted(outcomes.items()):
        yield stage, part, lang, outcome, records


def receipt_rows(receipts: Iterable[Receipt]) -> Iterator[Row]:
    """Yield the ledger rows of receipts, with the side accounts (chunks, global steps) that they carry."""
    for receipt in receipts:
        yield from ledger_rows(receipt.stage, int(receipt.part), receipt.records_in, receipt.outcomes)
        for stage, entries in receipt.extra.get("accounts", []):
            outcomes = {(lang, outcome): n for lang, outcome, n in entries}
            records_in = outcomes.pop((UNKNOWN_LANGUAGE, RECORDS_IN), None)
            total = sum(outcomes.values()) if records_in is None else records_in
            yield from ledger_rows(stage, int(receipt.part), total, outcomes)


def ledger_table(rows: Iterable[Row]) -> pa.Table:
    """Return ledger rows as the LEDGER table."""
    columns = list(zip(*rows, strict=True)) or [()] * len(LEDGER.names)
    arrays = [pa.array(values, field.type) for values, field in zip(columns, LEDGER, strict=True)]
    return pa.Table.from_arrays(arrays, schema=LEDGER)


def check_conservation(rows: Iterable[Row], chain: Iterable[tuple[str, str]]) -> None:
    """Check the law on ledger rows.

    `chain` lists pairs of stages: what the first keeps of a part and language, the second takes in.

    Raises:
        ConservationError: it does not hold; the message names the first five places.
    """
    taken: Counter[tuple[str, int]] = Counter()
    given: Counter[tuple[str, int]] = Counter()
    kept: Counter[tuple[str, int, str]] = Counter()
    by_lang: Counter[tuple[str, int, str]] = Counter()
    for stage, part, lang, outcome, records in rows:
        if outcome == RECORDS_IN:
            taken[stage, part] += records
            continue
        given[stage, part] += records
        by_lang[stage, part, lang] += records
        if outcome == KEPT:
            kept[stage, part, lang] += records
        elif outcome.startswith(RELABELLED):
            kept[stage, part, outcome.removeprefix(RELABELLED)] += records
    faults = [
        f"{stage}, part {part}: {taken[stage, part]} records in, {given[stage, part]} accounted for"
        for stage, part in sorted(set(taken) | set(given))
        if taken[stage, part] != given[stage, part]
    ]
    for first, second in chain:
        faults += _broken_links(first, second, kept, by_lang)
    if faults:
        raise ConservationError("records are lost or invented: " + "; ".join(faults[:5]))


def _broken_links(
    first: str,
    second: str,
    kept: Mapping[tuple[str, int, str], int],
    by_lang: Mapping[tuple[str, int, str], int],
) -> list[str]:
    left = {(part, lang): n for (stage, part, lang), n in kept.items() if stage == first and n}
    right = {(part, lang): n for (stage, part, lang), n in by_lang.items() if stage == second and n}
    if any(lang == UNKNOWN_LANGUAGE for _, lang in left) and first == "extract":
        left, right = _without_language(left), _without_language(right)
    return [
        f"{first} -> {second}, part {part}, {lang or 'all languages'}: {left.get((part, lang), 0)} kept, "
        f"{right.get((part, lang), 0)} taken in"
        for part, lang in sorted(set(left) | set(right))
        if left.get((part, lang), 0) != right.get((part, lang), 0)
    ]


def _without_language(counts: Mapping[tuple[int, str], int]) -> dict[tuple[int, str], int]:
    total: Counter[tuple[int, str]] = Counter()
    for (part, _), n in counts.items():
        total[part, UNKNOWN_LANGUAGE] += n
    return dict(total)
