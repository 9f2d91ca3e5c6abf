"""CF2 on real text: all swaps across families are found among 200 corpora, and no clean corpus is flagged.

Corpora are the sentences of FLORES-200, NTREX-128 and OLDI-Seed; twenty are planted.
"""

import random
from collections import defaultdict
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from pipeline.audits import Audit, AuditSettings, Pool, audit_pools, pool_batch

FILES = ("flores200_sib_train", "ntrex128_docs_even", "oldi_seed_lines0000-2799")
PLANTED = 900
SAMPLE = 150_000

SWAPS = {
    "swh_Latn": "eng_Latn",
    "yor_Latn": "eng_Latn",
    "eus_Latn": "fra_Latn",
    "hau_Latn": "fra_Latn",
    "quy_Latn": "spa_Latn",
    "fin_Latn": "swe_Latn",
    "kmr_Latn": "ind_Latn",
    "uig_Arab": "pes_Arab",
    "tat_Cyrl": "rus_Cyrl",
    "mlt_Latn": "ita_Latn",
}
WITHIN = {"arg_Latn": "spa_Latn", "oci_Latn": "fra_Latn", "bho_Deva": "hin_Deva", "kan_Knda": "tel_Telu"}
MIXED = {"zul_Latn": "eng_Latn", "hun_Latn": "deu_Latn"}
CYRILLIC = (
    "а=a б=b в=v г=g д=d е=e ё=yo ж=zh з=z и=i й=y к=k л=l м=m н=n о=o п=p р=r с=s "
    "т=t у=u ф=f х=kh ц=ts ч=ch ш=sh щ=shch ъ= ы=y ь= э=e ю=yu я=ya"
)
GREEK = (
    "α=a β=v γ=g δ=d ε=e ζ=z η=i θ=th ι=i κ=k λ=l μ=m ν=n ξ=x ο=o π=p ρ=r σ=s ς=s τ=t υ=y φ=f χ=ch ψ=ps ω=o"
)

pytestmark = pytest.mark.slow


def corpora(shared: Path) -> dict[str, list[str]]:
    found: dict[str, set[str]] = defaultdict(set)
    for name in FILES:
        table = pq.read_table(shared / f"data/text/{name}.parquet", columns=["lang", "text"])
        for lang, text in zip(table["lang"].to_pylist(), table["text"].to_pylist(), strict=True):
            if lang and text:
                found[lang].add(text)
    return {lang: sorted(texts) for lang, texts in found.items()}


def latin(text: str, pairs: str) -> str:
    letters = dict(pair.split("=") for pair in pairs.split(" "))
    return "".join(letters.get(letter, letter) for letter in text.lower())


def planted(clean: dict[str, list[str]]) -> dict[str, list[str]]:
    """The planted corpora; what they take is taken out of the clean ones."""
    random_ = random.Random(7)

    def take(lang: str, count: int) -> list[str]:
        texts = clean[lang]
        taken = set(random_.sample(texts, min(count, len(texts) // 2)))
        clean[lang] = [text for text in texts if text not in taken]
        return sorted(taken)

    def table(text: str) -> str:
        words = text.split()
        cells = (
            f"{random_.choice(words)}: {random_.randint(1, 999)}.{random_.randint(0, 99)};"
            for _ in "0123456789"
        )
        return " ".join(cells)

    numbers = [" | ".join(str(random_.randint(1, 99999)) for _ in range(12)) for _ in range(PLANTED)]
    made = {label: take(source, 500) for label, source in (SWAPS | WITHIN).items()}
    for host, guest in MIXED.items():
        foreign = take(guest, int(0.3 * PLANTED))
        made[host] = random_.sample(clean[host], PLANTED - len(foreign)) + foreign
    made["kab_Latn"] = [latin(text, CYRILLIC) for text in take("rus_Cyrl", 500)]
    made["som_Latn"] = [latin(text, GREEK) for text in take("ell_Grek", 500)]
    made["fij_Latn"] = numbers
    made["ton_Latn"] = [table(text) for text in take("eng_Latn", 400)]
    for label in made:
        clean.pop(label, None)
    return made


@pytest.fixture(scope="module")
def audited(shared: Path) -> tuple[Audit, set[str]]:
    """The audit of all corpora, and the labels of the planted ones."""
    clean = corpora(shared)
    wrong = planted(clean)
    pools: dict[str, Pool] = {}
    for lang, texts in {**clean, **wrong}.items():
        pool_batch(pools, lang, texts, [None] * len(texts), SAMPLE)
    return audit_pools(pools, AuditSettings(sample_bytes=SAMPLE)), set(wrong)


def test_every_swap_across_families_is_flagged_with_its_language(audited: tuple[Audit, set[str]]) -> None:
    audit, wrong = audited
    assert len(wrong) == 20
    found = {row["lang"]: row for row in audit.rows}
    for lang, source in SWAPS.items():
        same = [source, *(other for other, taken in WITHIN.items() if taken == source)]
        assert (found[lang]["finding"], found[lang]["verdict"]) == ("other_language", "flag"), lang
        assert found[lang]["relabel_to"] in same, lang


def test_mixtures_other_scripts_numbers_and_tables_are_flagged(audited: tuple[Audit, set[str]]) -> None:
    found = {row["lang"]: row["finding"] for row in audited[0].rows}
    assert [found[lang] for lang in MIXED] == ["foreign_documents"] * 2
    assert (found["kan_Knda"], found["fij_Latn"], found["ton_Latn"]) == (
        "script",
        "few_letters",
        "few_letters",
    )
    assert found["bho_Deva"] == "other_language"  # distant enough kin
    assert found["arg_Latn"] in ("alike", "same_family")


def test_no_clean_corpus_is_flagged(audited: tuple[Audit, set[str]]) -> None:
    audit, wrong = audited
    clean = [row for row in audit.rows if row["lang"] not in wrong]
    assert len(clean) >= 190
    assert [(row["lang"], row["finding"]) for row in clean if row["verdict"] != "keep"] == []
