"""Megabytes a second of language identification, of perplexity by its steps, and of training.

    python tests/bench/bench_lm.py [--megabytes 4] [--repeats 3]

CPU time of one core, best of some. The text is the shipped training text, repeated for scoring; training
reads it once. With `lmplz` and `build_binary` on PATH their figures stand beside ours.
"""

import argparse
import itertools
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

sys.path.insert(0, str(Path(__file__).parents[2]))

from filters.kneser_ney import train_arpa
from filters.model_text import NORMALISATIONS
from filters.models import open_kenlm, open_language_model
from filters.registry import Measurement
from filters.sentence_pieces import train_pieces
from filters.signals.perplexity import unit_lines
from filters.text import TextBatch, cut_by_bytes
from pipeline.lmplz import TRIE
from pipeline.train_language_models import TrainingSettings, train_language_models

TEXT = Path(__file__).parents[1] / "data/text"
LANGUAGES = ("eng_Latn", "deu_Latn", "rus_Cyrl", "zho_Hans", "khm_Khmr", "jpn_Jpan")


def texts_of(lang: str) -> list[str]:
    texts: list[str] = pq.read_table(TEXT / f"{lang}.parquet", columns=["text"])["text"].to_pylist()
    return texts


def documents(lang: str, megabytes: float) -> list[str]:
    """Documents of a language, repeated until they have that many megabytes."""
    size, taken = 0, []
    for text in itertools.cycle(texts_of(lang)):
        if size >= megabytes * 1e6:
            return taken
        taken.append(text)
        size += len(text.encode())
    return taken


def cpu(work: Callable[[], object], repeats: int) -> float:
    """CPU seconds, best of some."""
    seconds = []
    for _ in range(repeats):
        start = time.process_time()
        work()
        seconds.append(time.process_time() - start)
    return min(seconds)


def row(name: str, megabytes: float, seconds: float, note: str = "") -> None:
    print(f"{name:<44} {megabytes / seconds:8.1f} MB/s {seconds:8.3f} s  {note}")


def measure_identification(megabytes: float, repeats: int) -> None:
    texts = [text for lang in LANGUAGES for text in documents(lang, megabytes / len(LANGUAGES))]
    column = pa.array(texts)
    size = sum(len(text.encode()) for text in texts) / 1e6
    pieces = list(cut_by_bytes(column))

    def identify(names: tuple[str, ...], sample: int) -> Callable[[], None]:
        def run() -> None:
            for first, last in pieces:
                batch = {"text": column.slice(first, last - first)}
                measured = Measurement(batch, {"lid": {"sample": sample}})
                for name in names:
                    measured.get(name)

        return run

    identify(("lang",), 3000)()
    note = f"{len(texts)} documents of {1000 * size / len(texts):.1f} KB"
    row("TextBatch", size, cpu(lambda: [TextBatch.from_arrow(column)], repeats), note)
    row("lid, 3,000 characters of each", size, cpu(identify(("lid",), 3000), repeats))
    row("lid, whole documents", size, cpu(identify(("lid",), 1 << 40), repeats))
    row(
        "lid, lang, score, second, margin",
        size,
        cpu(identify(("lang", "lang_second", "lang_margin"), 3000), repeats),
    )


def measure_scoring(models: Path, megabytes: float, repeats: int) -> None:
    for lang in ("eng_Latn", "rus_Cyrl", "zho_Hans"):
        measure_language(models, lang, documents(lang, megabytes), repeats)


def measure_language(models: Path, lang: str, texts: list[str], repeats: int) -> None:
    normalisation = NORMALISATIONS["ccnet"]
    size = sum(len(text.encode()) for text in texts) / 1e6
    model = open_language_model(str(models), lang)
    assert model is not None
    cleaned = [normalisation.clean(text) for text in texts]
    lines = unit_lines(texts, model, normalisation)
    row(f"{lang} normalise", size, cpu(lambda: [normalisation.clean(text) for text in texts], repeats))
    encode = cpu(lambda: [" ".join(p) for p in model.pieces.encode(cleaned, out_type=str)], repeats)
    row(f"{lang} SentencePiece", size, encode)
    row(f"{lang} KenLM, ARPA", size, cpu(lambda: [model.kenlm.score(x) for x in lines], repeats))
    packed = pack(models / lang / "kenlm.arpa")
    if packed is not None:
        score = open_kenlm(packed).score
        row(f"{lang} KenLM, trie of 8 bits", size, cpu(lambda: [score(x) for x in lines], repeats))
    columns = {"text": pa.array(texts), "lang": pa.array([lang] * len(texts))}

    def measure() -> None:
        Measurement(columns, {"perplexity": {"models": str(models)}}).get("perplexity")

    row(f"{lang} perplexity, all steps", size, cpu(measure, repeats))


def pack(arpa: Path) -> Path | None:
    tool = shutil.which("build_binary")
    if tool is None:
        return None
    binary = arpa.with_name("packed.bin")
    subprocess.run([tool, *TRIE, str(arpa), str(binary)], check=True, capture_output=True)
    return binary


def measure_training(folder: Path) -> None:
    paths = sorted(TEXT.glob("*.parquet"))
    texts = [text for path in paths for text in pq.read_table(path, columns=["text"])["text"].to_pylist()]
    lines = [line.split() for text in texts for line in text.split("\n")]
    size = sum(len(text.encode()) for text in texts) / 1e6
    row("train, order 5, words", size, cpu(lambda: train_arpa(lines, folder / "own.arpa"), 1))
    characters = ["▁".join(words) for words in lines]
    row(
        "train, order 3, characters",
        size,
        cpu(lambda: train_arpa(characters, folder / "own.arpa", order=3), 1),
    )
    row("train SentencePiece", size, cpu(lambda: train_pieces(map(" ".join, lines), folder / "pieces"), 1))
    lmplz = shutil.which("lmplz")
    if lmplz is not None:
        text = "\n".join(map(" ".join, lines)).encode()
        command = [lmplz, "-o", "5", "--discount_fallback", "-S", "1G"]
        start = time.monotonic()
        subprocess.run(command, input=text, capture_output=True, check=True)
        row("lmplz, order 5, words", size, time.monotonic() - start, "wall time")


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--megabytes", type=float, default=4)
    parser.add_argument("--repeats", type=int, default=3)
    chosen = parser.parse_args()
    measure_identification(chosen.megabytes, chosen.repeats)
    with tempfile.TemporaryDirectory() as folder:
        models = Path(folder) / "models"
        corpora = [str(TEXT / f"{lang}.parquet") for lang in LANGUAGES]
        start = time.process_time()
        train_language_models(corpora, str(models), TrainingSettings())
        size = sum(len(text.encode()) for lang in LANGUAGES for text in texts_of(lang)) / 1e6
        print(f"{len(LANGUAGES)} languages trained in {time.process_time() - start:.1f} s ({size:.1f} MB)")
        measure_scoring(models, chosen.megabytes, chosen.repeats)
        measure_training(Path(folder))


if __name__ == "__main__":
    main()
