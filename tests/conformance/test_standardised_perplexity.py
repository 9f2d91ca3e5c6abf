"""Held-back text of 30 languages is less surprising than what is not that language's running text.

Models of characters are trained on FLORES-200, OLDI-Seed and most NTREX-128 documents; 16 NTREX documents of
each language are held back. Each is compared with itself in shuffled words, with itself cut up into a menu
of one to three words a line, with a document of each other language, and with the navigation of real pages,
which there is in 15 of the languages.
"""

import itertools
import random
from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from resiliparse.extract.html2text import extract_plain_text
from warcio.archiveiterator import ArchiveIterator

from filters.signals.perplexity import standardised_perplexity
from filters.text import TextBatch
from pipeline.train_language_models import TrainingSettings, train_language_models

LANGUAGES = (
    "amh_Ethi",
    "arb_Arab",
    "ben_Beng",
    "bul_Cyrl",
    "deu_Latn",
    "ell_Grek",
    "eng_Latn",
    "fin_Latn",
    "fra_Latn",
    "heb_Hebr",
    "hin_Deva",
    "hun_Latn",
    "jpn_Jpan",
    "kat_Geor",
    "kaz_Cyrl",
    "khm_Khmr",
    "kor_Hang",
    "lao_Laoo",
    "mya_Mymr",
    "pes_Arab",
    "rus_Cyrl",
    "spa_Latn",
    "swh_Latn",
    "tam_Taml",
    "tha_Thai",
    "tur_Latn",
    "vie_Latn",
    "yor_Latn",
    "zho_Hans",
    "zho_Hant",
)
HELD_BACK = 16
ENOUGH = 0.99

pytestmark = pytest.mark.slow


def documents(shared: Path) -> dict[str, list[str]]:
    """The NTREX documents of each language, each as one text."""
    found: dict[str, dict[tuple[str, str], list[str]]] = defaultdict(lambda: defaultdict(list))
    table = pq.read_table(
        shared / "data/text/ntrex128_docs_even.parquet", columns=["lang", "set", "doc_id", "text"]
    )
    for row in table.to_pylist():
        if row["lang"] in LANGUAGES and row["text"]:
            found[row["lang"]][row["set"] or "", row["doc_id"]].append(row["text"])
    return {lang: ["\n".join(lines) for _, lines in sorted(docs.items())] for lang, docs in found.items()}


def sentences(shared: Path) -> dict[str, list[str]]:
    found = defaultdict(list)
    for name in ("flores200_sib_train", "oldi_seed_lines0000-2799"):
        table = pq.read_table(shared / f"data/text/{name}.parquet", columns=["lang", "text"])
        for row in table.to_pylist():
            if row["lang"] in LANGUAGES and row["text"]:
                found[row["lang"]].append(row["text"])
    return found


def words(text: str) -> tuple[list[str], list[str]]:
    """The words of a text and what stands before each and after the last."""
    spans = TextBatch.from_arrow(pa.array([text])).words()
    bounds = [0, *(at for span in zip(spans.starts, spans.ends, strict=True) for at in span), len(text)]
    pieces = [text[a:b] for a, b in itertools.pairwise(bounds)]
    return pieces[1::2], pieces[::2]


def shuffled(text: str, random_: random.Random) -> str:
    found, between = words(text)
    random_.shuffle(found)
    return "".join(a + b for a, b in zip(between, [*found, ""], strict=True))


def menu(text: str, random_: random.Random) -> str:
    found, _ = words(text)
    random_.shuffle(found)
    lines, space = [], " " if " " in text.strip() else ""
    while found:
        size = random_.randint(1, 3)
        lines.append(space.join(found[:size]).capitalize())
        found = found[size:]
    return "\n".join(lines)


def navigation(shared: Path) -> dict[str, list[str]]:
    """What the assembled pages say in short lines that are not in their main text, by language."""
    folder = shared / "data/warc/assembled"
    truth = {row["record_id"]: row for row in pq.read_table(next(folder.glob("*truth.parquet"))).to_pylist()}
    found = defaultdict(list)
    for path in sorted(folder.glob("*.warc.gz")):
        with path.open("rb") as file:
            for record in ArchiveIterator(file):
                row = truth.get(record.rec_headers.get_header("WARC-Record-ID"))
                if row is None or not row["main_text"] or row["source"] == "udhr-html":
                    continue
                html = record.content_stream().read().decode(row["body_charset"] or "utf-8", "replace")
                text = extract_plain_text(html).replace("\t", "\n")
                lines = [line.strip(" •*") for line in text.split("\n")]
                short = [
                    x
                    for x in lines
                    if 1 < len(x) <= 40 and x[-1] not in ".。!?" and x not in row["main_text"]
                ]
                if len(short) >= 5:
                    label = f"{row['lang']}_{row['script']}".replace("zho_Hani", "zho_Hans")
                    found[label].append("\n".join(short))
    return found


def measured(texts: list[str], lang: str, models: Path) -> list[float]:
    found = standardised_perplexity(texts, [lang] * len(texts), models=str(models)).to_pylist()
    assert None not in found
    return found


def share_below(pairs: Iterable[tuple[float, float]]) -> float:
    compared = [own < other for own, other in pairs]
    return sum(compared) / len(compared)


@pytest.fixture(scope="module")
def held_back(shared: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, list[str]]]:
    """The folder of the models, and the documents that they have not seen."""
    folder = tmp_path_factory.mktemp("standardised")
    texts, more = documents(shared), sentences(shared)
    for lang, found in texts.items():
        random.Random(lang).shuffle(found)
        training = found[HELD_BACK:] + more[lang]
        pq.write_table(
            pa.table({"text": training, "lang": [lang] * len(training)}), folder / f"{lang}.parquet"
        )
    corpora = [str(path) for path in sorted(folder.glob("*.parquet"))]
    settings = TrainingSettings(order=5, normalisation="characters")
    train_language_models(corpora, str(folder / "models"), settings)
    return folder / "models", {lang: found[:HELD_BACK] for lang, found in texts.items()}


@pytest.mark.parametrize("change", [shuffled, menu])
def test_running_text_is_less_surprising_than_its_words_out_of_order(
    held_back: tuple[Path, dict[str, list[str]]], change: object
) -> None:
    models, texts = held_back
    assert len(texts) == len(LANGUAGES)
    shares = {}
    for lang, found in texts.items():
        changed = [change(text, random.Random(i)) for i, text in enumerate(found)]  # type: ignore[operator]
        shares[lang] = share_below(
            zip(measured(found, lang, models), measured(changed, lang, models), strict=True)
        )
    assert sum(shares.values()) / len(shares) >= ENOUGH, shares


def test_running_text_is_less_surprising_than_text_of_other_languages(
    held_back: tuple[Path, dict[str, list[str]]],
) -> None:
    models, texts = held_back
    shares = {}
    for lang, found in texts.items():
        others = [docs[i % HELD_BACK] for i, (name, docs) in enumerate(texts.items()) if name != lang]
        own, other = measured(found, lang, models), measured(others, lang, models)
        shares[lang] = share_below((a, b) for a in own for b in other)
    assert min(shares.values()) >= ENOUGH, shares


def test_running_text_is_less_surprising_than_navigation(
    held_back: tuple[Path, dict[str, list[str]]], shared: Path
) -> None:
    models, texts = held_back
    menus = {lang: found for lang, found in navigation(shared).items() if lang in texts}
    assert len(menus) >= 15
    pairs = [
        (own, other)
        for lang, found in menus.items()
        for own in measured(texts[lang], lang, models)
        for other in measured(found, lang, models)
    ]
    assert share_below(pairs) >= ENOUGH


def test_the_middle_of_held_back_text_is_near_that_of_the_reference(
    held_back: tuple[Path, dict[str, list[str]]],
) -> None:
    models, texts = held_back
    for lang, found in texts.items():
        middle = sorted(measured(found, lang, models))[HELD_BACK // 2]
        assert -2 < middle < 2, lang
