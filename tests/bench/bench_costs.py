"""What signals, edits and cutting into chunks cost, for the estimates of `glotmill plan`.

    python tests/bench/bench_costs.py --shared ../shared > pipeline/signal_costs.tsv

Megabytes of text a CPU second, of one process, the best of a few runs, on documents of eight lines in twenty
languages. What a batch shares (words, lines, classes of characters) is warm: it is the row `text`, counted
once a pass. Signals that need a model or list that is not here get no row, and the plan says so.
"""

import argparse
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

import filters.signals  # noqa: F401  (declares the signals)
from filters.chunks import chunk_spans
from filters.registry import EDITS, SIGNALS, Measurement
from filters.text import TextBatch, cut_by_bytes
from filters.wordlists import WordLists
from schemas.document import DOCUMENT
from schemas.errors import GlotmillError

LANGS = (
    *("eng_Latn", "fra_Latn", "swh_Latn", "deu_Latn", "rus_Cyrl", "arb_Arab", "hin_Deva", "ben_Beng"),
    *("tam_Taml", "amh_Ethi", "tha_Thai", "zho_Hans", "jpn_Jpan", "mya_Mymr", "khm_Khmr", "kor_Hang"),
    *("tur_Latn", "vie_Latn", "heb_Hebr", "kat_Geor"),
)
LINES = 8
TEXTS_OF_LANG = 25
RUNS = 3
WARM = ("word_count", "line_count", "letter_ratio", "sentence_count")
LISTS = WordLists.of("bench", {"*": ["the", "of", "and", "na", "ya"]})


def batches(shared: Path) -> list[dict[str, pa.Array]]:
    """Return documents of several lines, in batches as annotate measures them."""
    table = pq.read_table(shared / "data/text/flores200_sib_train.parquet", columns=["lang", "text"])
    texts, langs = [], []
    for lang in LANGS:
        lines = [
            t
            for code, t in zip(*(table.column(n).to_pylist() for n in ("lang", "text")), strict=True)
            if code == lang
        ]
        groups = [lines[i : i + LINES] for i in range(0, LINES * TEXTS_OF_LANG, LINES)]
        texts += ["\n".join(group) for group in groups if group]
        langs += [lang] * sum(map(bool, groups))
    column = pa.array(texts)
    pieces = []
    for first, last in cut_by_bytes(column):
        rows = last - first
        columns = {field.name: pa.nulls(rows, field.type) for field in DOCUMENT}
        columns |= {"text": column.slice(first, rows), "lang": pa.array(langs[first:last])}
        columns["url"] = pa.array([f"https://site{n}.example/page/{n}.html" for n in range(rows)])
        columns["doc_key"] = pa.array(range(rows), pa.int64())
        pieces.append(columns)
    return pieces


def seconds(work: Callable[[], object]) -> float:
    """Return the CPU seconds of the best of a few runs."""
    best = float("inf")
    for _ in range(RUNS):
        started = time.process_time()
        work()
        best = min(best, time.process_time() - started)
    return max(best, 1e-6)


def warm(columns: dict[str, pa.Array]) -> Measurement:
    """Return a measurement whose shared work is done."""
    settings = {name: {"words": LISTS} for name, s in SIGNALS.items() if s.parameters.get("words", 0) is None}
    measurement = Measurement(columns, settings)
    for name in WARM:
        measurement.get(name)
    return measurement


def cost_of_signal(pieces: list[dict[str, pa.Array]], name: str) -> float:
    """Return the CPU seconds of one signal, what it shares with others done before."""
    best = float("inf")
    for _ in range(RUNS):
        total = 0.0
        for columns in pieces:
            measurement = warm(columns)
            for read in SIGNALS[name].inputs:
                if read in SIGNALS:
                    measurement.get(read)
            started = time.process_time()
            measurement.get(name)
            total += time.process_time() - started
        best = min(best, total)
    return max(best, 1e-6)


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--shared", type=Path, required=True)
    pieces = batches(parser.parse_args().shared)
    size = sum(columns["text"].nbytes for columns in pieces) / 1e6
    print("kind\tname\tmegabytes_a_second")
    print(f"text\ttext\t{size / seconds(lambda: [warm(columns) for columns in pieces]):.3g}")
    cut = seconds(lambda: [chunk_spans(TextBatch.from_arrow(c["text"]), unit="sentence") for c in pieces])
    print(f"text\tchunks\t{size / cut:.3g}")
    for name in sorted(SIGNALS):
        if None in (SIGNALS[name].parameters.get(key, "") for key in ("model", "models")):
            print(f"{name}: needs a model", file=sys.stderr)  # without one it is null, which costs nothing
            continue
        try:
            print(f"signal\t{name}\t{size / cost_of_signal(pieces, name):.3g}")
        except (GlotmillError, KeyError) as error:
            print(f"{name}: {error}", file=sys.stderr)
    for name in sorted(EDITS):
        try:
            work = seconds(lambda name=name: [Measurement(c, {}).edited(name) for c in pieces])  # type: ignore[misc]
            print(f"edit\t{name}\t{size / work:.3g}")
        except (GlotmillError, KeyError) as error:
            print(f"{name}: {error}", file=sys.stderr)


if __name__ == "__main__":
    main()
