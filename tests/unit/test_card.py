"""The card and the statistics, from a small ledger."""

import pyarrow as pa

from filters.rule import parse_rule
from pipeline.card import Manifest, RuleAccount, by_language, card, rule_accounts, stats
from pipeline.recipe import Recipe
from pipeline.steps import KeepStep
from schemas.audit import AUDIT

ROWS = [
    ("select", 0, "", "records_in", 10),
    ("select", 0, "swh_Latn", "kept", 4),
    ("select", 0, "swh_Latn", "word_count", 2),
    ("select", 0, "amh_Ethi", "relabelled tir_Ethi", 1),
    ("select", 0, "amh_Ethi", "digit_ratio", 3),
    ("rule word_count", 0, "", "records_in", 10),
    ("rule word_count", 0, "", "kept", 8),
    ("rule word_count", 0, "swh_Latn", "word_count", 2),
    ("rule digit_ratio", 0, "", "records_in", 10),
    ("rule digit_ratio", 0, "", "kept", 6),
    ("rule digit_ratio", 0, "swh_Latn", "digit_ratio", 1),
    ("rule digit_ratio", 0, "amh_Ethi", "digit_ratio", 3),
]
STEPS = (KeepStep("word_count", parse_rule("word_count >= $least")),)
LIMITS = {"least": {"swh_Latn": 5.0, "yor_Latn": 7.0, "default": 3.0}}
RECIPE = Recipe("test", "1", "", "a test", STEPS, limits=LIMITS)
VERDICT = {
    "lang": "amh_Ethi",
    "verdict": "relabel",
    "finding": "other_language",
    "relabel_to": "tir_Ethi",
    "documents": 4,
    "text_bytes": 9,
    "sampled_documents": 4,
    "sampled_bytes": 9,
}
AUDITS = {"wrong": pa.Table.from_pylist([VERDICT, VERDICT | {"verdict": "keep"}], schema=AUDIT)}
MANIFEST = Manifest(RECIPE, ("a",), "0" * 64, {"glotmill": "1"}, {"swh_Latn": 7}, audits=AUDITS)


def test_every_reason_is_counted_as_first_and_in_all():
    assert rule_accounts(ROWS) == {
        "word_count": RuleAccount(2, 2, {"swh_Latn": 2}),
        "digit_ratio": RuleAccount(3, 4, {"swh_Latn": 1, "amh_Ethi": 3}),
    }
    assert "| digit_ratio | 3 | 4 | amh_Ethi 75 %, swh_Latn 17 % |" in card(ROWS, MANIFEST)


def test_a_relabelled_document_is_kept_under_its_new_label():
    found = by_language(ROWS)
    assert found["tir_Ethi"] == {"kept": 1}
    assert found["amh_Ethi"] == {"relabelled tir_Ethi": 1, "digit_ratio": 3}


def test_accounts_of_rules_are_no_stages():
    assert list(stats(ROWS, MANIFEST)["stages"]) == ["select"]
    assert list(stats(ROWS, MANIFEST)["rules"]) == ["word_count", "digit_ratio"]


def test_limits_of_languages_that_do_not_occur_are_left_out():
    assert "`$least`: default 3.0, swh_Latn 5.0" in card(ROWS, MANIFEST)


def test_an_audit_names_what_it_does_not_simply_keep():
    text = card(ROWS, MANIFEST)
    assert "2 languages were judged; 1 stand out." in text
    assert "| amh_Ethi | relabel | other_language | tir_Ethi |" in text
