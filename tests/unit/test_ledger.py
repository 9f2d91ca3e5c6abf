import pytest

from pipeline.ledger import check_conservation, ledger_rows, ledger_table, receipt_rows
from pipeline.workspace import Receipt
from schemas.errors import ConservationError
from schemas.ledger import KEPT, LEDGER


def rows(stage, records_in, outcomes, part=0):
    return list(ledger_rows(stage, part, records_in, outcomes))


def test_a_part_has_one_records_in_row_and_one_for_each_language_and_outcome():
    assert rows("select", 3, {("swh_Latn", KEPT): 2, ("tha_Thai", "word_count"): 1}) == [
        ("select", 0, "", "records_in", 3),
        ("select", 0, "swh_Latn", "kept", 2),
        ("select", 0, "tha_Thai", "word_count", 1),
    ]


def test_the_law_holds_where_each_record_is_accounted_for():
    extract = rows("extract", 3, {("", KEPT): 2, ("", "status"): 1})
    annotate = rows("annotate", 2, {("swh_Latn", KEPT): 1, ("tha_Thai", KEPT): 1})
    select = rows("select", 2, {("swh_Latn", KEPT): 1, ("tha_Thai", "word_count"): 1})
    check_conservation([*extract, *annotate, *select], [("extract", "annotate"), ("annotate", "select")])


def test_a_lost_record_breaks_the_law():
    with pytest.raises(ConservationError, match=r"extract, part 0: 3 records in, 2 accounted for"):
        check_conservation(rows("extract", 3, {("", KEPT): 2}), [])


def test_a_record_that_changes_language_between_stages_breaks_the_law():
    annotate = rows("annotate", 1, {("swh_Latn", KEPT): 1})
    select = rows("select", 1, {("tha_Thai", KEPT): 1})
    with pytest.raises(ConservationError, match=r"annotate -> select, part 0, swh_Latn: 1 kept, 0 taken in"):
        check_conservation([*annotate, *select], [("annotate", "select")])


def test_documents_without_a_language_are_followed_too():
    annotate = rows("annotate", 1, {("", KEPT): 1})
    select = rows("select", 2, {("", "language_unknown"): 2})
    with pytest.raises(
        ConservationError, match=r"annotate -> select, part 0, all languages: 1 kept, 2 taken"
    ):
        check_conservation([*annotate, *select], [("annotate", "select")])


def test_side_accounts_of_a_receipt_are_stages_of_their_own():
    accounts = [["annotate_chunks_1", [["swh_Latn", KEPT, 5], ["swh_Latn", "chunk_words", 2]]]]
    receipt = Receipt("annotate", "0", "f", 1, {("swh_Latn", KEPT): 1}, extra={"accounts": accounts})
    found = list(receipt_rows([receipt]))
    assert ("annotate_chunks_1", 0, "", "records_in", 7) in found
    check_conservation(found, [])


def test_a_receipt_survives_json():
    receipt = Receipt("select", "3", "f", 2, {("", KEPT): 1, ("swh_Latn", "x"): 1}, 10, 0.5, {"a": [1]})
    assert Receipt.from_json(receipt.to_json()) == receipt


def test_an_empty_ledger_has_the_declared_schema():
    assert ledger_table([]).schema.equals(LEDGER)
