"""How fast words and signals are measured, and how many times faster than datatrove's filters do it.

    python tests/bench/bench_signals.py --shared ../shared --peer /path/to/python

"all" is every signal of text and language alone, except those that need a model, the signatures and
published hashes of dedup (`bench_minhash.py`, `bench_dedup.py`), and two that have a line of their own:
personal_data_count (regular expressions) and corrected_word_ratio (line corrections).

`--peer` is a Python with datatrove 0.10 and its tokenizers; without it only our own figures are printed.
Times are CPU seconds of one process, the least of `--repeat` runs after one that is not counted.

With the extra `fast` (Numba) the loops are compiled; GLOTMILL_COMPILED=no in the environment gives the
figures of NumPy alone. To compare them on a loaded machine, run both in turns.

    python tests/bench/bench_signals.py --shared ../shared --long 10

measures all signals on a file of so many gigabytes of text instead, as `glotmill measure` does with one
worker, and prints ten times what memory the process holds. The file is written by a process of its own.
"""

import argparse
import functools
import json
import multiprocessing
import resource
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

import filters.signals  # noqa: F401  (declares the signals)
from filters.compiled import is_compiled
from filters.registry import SIGNALS, Measurement
from filters.text import BATCH_BYTES, TextBatch, cut_by_bytes
from filters.wordlists import WordLists
from pipeline.measure import Wanted, measure_file

LINES_PER_TEXT, SENTENCES_PER_LINE = 8, 3
LATIN = ("eng", "fra", "swh", "deu", "ind", "tur", "pol", "vie")
SPACED = ("hin", "ben", "tam", "rus", "ell", "arb", "heb", "amh", "kat", "hye", "kor")
UNSPACED = ("zho", "jpn", "tha", "mya", "khm", "lao")
MODELS = {"model", "models", "target"}
"""Parameters that name a model."""

SIGNATURES = ("filters.signals.dedup", "filters.signals.roots")
APART = ("personal_data_count", "corrected_word_ratio")
FULL = 5 * BATCH_BYTES
"""Bytes of text that are measured at least, so that batches are full, as in a run."""

Request = tuple[str, dict[str, object]]

GOPHER: list[Request] = [
    ("word_count", {}),
    ("mean_word_length", {}),
    ("hash_word_ratio", {}),
    ("ellipsis_word_ratio", {}),
    ("bullet_line_ratio", {}),
    ("ellipsis_line_ratio", {}),
    ("alphabetic_word_ratio", {}),
    ("stop_word_count", {"distinct": True}),
    ("dup_line_ratio", {}),
    ("dup_line_char_ratio", {}),
    ("dup_paragraph_ratio", {}),
    ("dup_paragraph_char_ratio", {}),
    *[("top_ngram_char_ratio", {"n": n}) for n in (2, 3, 4)],
    *[("dup_ngram_char_ratio", {"n": n}) for n in (5, 6, 7, 8, 9, 10)],
]
C4: list[Request] = [
    ("lorem_ipsum_count", {}),
    ("javascript_count", {}),
    ("policy_phrase_count", {}),
    ("curly_bracket_count", {}),
    ("sentence_count", {}),
    ("max_word_length", {}),
]
FINEWEB: list[Request] = [
    ("line_punct_ratio", {}),
    ("short_line_ratio", {}),
    ("dup_line_char_ratio", {"lines": "split", "blank": False, "of": "lines"}),
    ("newline_word_ratio", {}),
]
PEER = """
import json, sys, time
from datatrove.data import Document
from datatrove.pipeline import filters

texts = json.load(sys.stdin)
chain = [
    filters.GopherRepetitionFilter(),
    filters.GopherQualityFilter(),
    filters.C4QualityFilter(filter_no_terminal_punct=False),
    filters.FineWebQualityFilter(),
]
for each in chain:
    each.filter(Document(text=texts[0], id="0"))
start = time.process_time()
for number, text in enumerate(texts):
    for each in chain:
        each.filter(Document(text=text, id=str(number)))
print(time.process_time() - start)
"""


def texts(shared: Path, languages: tuple[str, ...] | None = None) -> list[str]:
    """Return texts of 24 sentences each, language after language."""
    table = pq.read_table(shared / "data/text/flores200_sib_train.parquet", columns=["lang", "text"])
    by_language: dict[str, list[str]] = defaultdict(list)
    for lang, sentence in zip(table["lang"].to_pylist(), table["text"].to_pylist(), strict=True):
        if languages is None or lang[:3] in languages:
            by_language[lang].append(sentence)
    size = LINES_PER_TEXT * SENTENCES_PER_LINE
    return [
        "\n".join(" ".join(part[i : i + SENTENCES_PER_LINE]) for i in range(0, len(part), SENTENCES_PER_LINE))
        for start in range(0, 701, size)
        for sentences in by_language.values()
        if (part := sentences[start : start + size])
    ]


def batches(array: pa.Array) -> Iterator[pa.Array]:
    """Cut a column as the engine does."""
    for first, last in cut_by_bytes(array, BATCH_BYTES):
        yield array[first:last]


@functools.cache
def small_lists() -> WordLists:
    """Return word lists, opened once as in a run."""
    return WordLists.of("small", {"*": ["the", "of", "and"]})


def measure(array: pa.Array, requests: list[Request]) -> None:
    """Measure the signals on every text."""
    lists = small_lists()
    settings = {
        name: {"words": lists}
        for name in (
            "stopword_ratio",
            "flagged_word_ratio",
            "flagged_phrase_count",
            "flagged_substring_count",
        )
    }
    for batch in batches(array):
        lang = pa.array(["eng_Latn"] * len(batch))
        row = Measurement({"text": batch, "lang": lang}, settings)
        for name, parameters in requests:
            row.get(name, **parameters)


def resident() -> float:
    """Return the megabytes of memory that this process holds."""
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * resource.getpagesize() / 1e6


def write_long(shared: Path, path: str, gigabytes: float) -> None:
    """Write a Parquet file of the same texts again and again, a row group for each round."""
    column = pa.array(texts(shared))
    schema = pa.schema([("text", pa.string()), ("lang", pa.string())])
    table = pa.table([column, pa.nulls(len(column), pa.string())], schema=schema)
    with pq.ParquetWriter(path, schema, compression="zstd") as writer:
        for _ in range(int(gigabytes * 1e9 / column.nbytes) + 1):
            writer.write_table(table)


def long_run(shared: Path, gigabytes: float) -> None:
    """Measure a file of so many gigabytes of text, and print at each tenth how memory goes."""
    measured = dict.fromkeys(name for name, _ in everything())
    names = tuple(name for name in measured if SIGNALS[name].parameters.get("words", "") is not None)
    with tempfile.TemporaryDirectory() as folder:
        source, target = f"{folder}/texts.parquet", f"{folder}/measured.parquet"
        writer = multiprocessing.get_context("spawn").Process(
            target=write_long, args=(shared, source, gigabytes)
        )
        writer.start()
        writer.join()
        reported, start = 0.0, time.process_time()
        for _, size in measure_file(source, target, Wanted(signals=names)):
            if size / 1e9 >= reported:
                peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3
                rate = size / 1e6 / (time.process_time() - start)
                print(
                    f"{size / 1e9:6.2f} GB, {rate:4.1f} MB/s: {resident():4.0f} MB, at most {peak:4.0f} MB",
                    flush=True,
                )
                reported += gigabytes / 10


def everything() -> list[Request]:
    """Return "all" signals with their parameters by default, and those of the three recipes."""
    found: list[Request] = [
        (name, {})
        for name, signal in SIGNALS.items()
        if set(signal.inputs) <= {"text", "lang"}
        and not MODELS & set(signal.parameters)
        and signal.function.__module__ not in SIGNATURES
        and name not in APART
    ]
    return found + [request for request in GOPHER + C4 + FINEWEB if request not in found]


def least_seconds(run: Callable[[], object], repeat: int) -> float:
    """Return the least CPU seconds of some runs, after one that is not counted."""
    run()
    found = []
    for _ in range(repeat):
        start = time.process_time()
        run()
        found.append(time.process_time() - start)
    return min(found)


def rate(array: pa.Array, run: Callable[[], object], repeat: int) -> float:
    """Return megabytes of UTF-8 a second."""
    return sum(len(text.as_buffer()) for text in array) / 1e6 / least_seconds(run, repeat)


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--shared", type=Path, default=Path(__file__).resolve().parents[3] / "shared")
    parser.add_argument("--peer", default="")
    parser.add_argument("--repeat", type=int, default=3)
    parser.add_argument("--long", type=float, metavar="GB", help="measure so much text, print memory")
    options = parser.parse_args()
    if options.long:
        long_run(options.shared, options.long)
        return
    print(f"loops: {'compiled by Numba' if is_compiled() else 'NumPy alone'}")
    requests = everything()
    kinds = {"latin": LATIN, "spaced": SPACED, "unspaced": UNSPACED, "mixed": None}
    for kind, languages in kinds.items():
        column = pa.array(texts(options.shared, languages)[:1200])
        column = pa.concat_arrays([column] * -(-FULL // column.nbytes))
        words = rate(
            column,
            lambda c=column: [TextBatch.from_arrow(b).word_hashes() for b in batches(c)],
            options.repeat,
        )
        recipe = rate(column, lambda c=column: measure(c, GOPHER + C4 + FINEWEB), options.repeat)
        all_signals = rate(column, lambda c=column: measure(c, requests), options.repeat)
        figures = (
            f"words {words:6.1f}   gopher+c4+fineweb {recipe:5.1f}   all {len(requests)} {all_signals:5.1f}"
        )
        print(f"{kind:9} {figures} MB/s")
        for name in APART:
            alone = rate(column, lambda c=column, n=name: measure(c, [(n, {})]), options.repeat)
            print(f"{'':9} {name} {alone:5.1f} MB/s")
    if options.peer:
        compare(texts(options.shared, ("eng",)), options.peer, options.repeat)


def compare(english: list[str], peer: str, repeat: int) -> None:
    """Print the ratio to datatrove's four filters on English texts."""
    column = pa.array(english * 10)
    ours = least_seconds(lambda: measure(column, GOPHER + C4 + FINEWEB), repeat) / len(column)
    done = subprocess.run(
        [peer, "-c", PEER], input=json.dumps(english), capture_output=True, text=True, check=True
    )
    theirs = float(done.stdout) / len(english)
    print(f"datatrove {1 / theirs:.0f} texts/s, here {1 / ours:.0f} texts/s: {theirs / ours:.0f} times")


if __name__ == "__main__":
    main()
