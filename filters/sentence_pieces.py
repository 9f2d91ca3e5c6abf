"""SentencePiece models trained as CCNet trained its own, and the same bytes each time.

Settings of cc_net (Makefile, `data/lm_sp/%.sp.model`): unigram model, 65,536 pieces, character coverage
0.9995. CCNet falls back to 40,000 pieces where the corpus is small; here the number follows the corpus.
"""

import importlib
import io
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from schemas.errors import InputError, MissingDependencyError

MOST_PIECES: Final = 65_536
CHARACTER_COVERAGE: Final = 0.9995

CHARACTERS_PER_PIECE: Final = 25
"""Characters of text for one piece; from 650 sentences, SentencePiece itself makes one of 26 characters."""

LONGEST_LINE: Final = 1000
"""Characters; SentencePiece leaves out lines of more than 4,192 bytes without a word."""


@dataclass(frozen=True, slots=True)
class PiecesReport:
    """What a training run saw and wrote."""

    lines: int
    characters: int
    pieces: int


def train_pieces(lines: Iterable[str], output: Path, *, most_pieces: int = MOST_PIECES) -> PiecesReport:
    """Train a model on lines of normalised text and write `output`.

    The vocabulary has one piece for 25 characters of text, at least twice as many as there are different
    characters, at most `most_pieces`, and fewer where the text does not hold so many.

    Raises:
        InputError: there is no text.
        MissingDependencyError: sentencepiece is not installed.
    """
    try:
        sentencepiece = importlib.import_module("sentencepiece")
    except ImportError as error:
        raise MissingDependencyError(
            "sentencepiece is not installed; run: pip install 'glotmill[kenlm]'"
        ) from error
    cut = [piece for line in lines for piece in cut_line(line)]
    characters = sum(map(len, cut))
    alphabet = set[str]().union(*cut)
    model = io.BytesIO()
    try:
        sentencepiece.SentencePieceTrainer.train(
            sentence_iterator=iter(cut),
            model_writer=model,
            model_type="unigram",
            vocab_size=min(most_pieces, max(characters // CHARACTERS_PER_PIECE, 2 * len(alphabet) + 100)),
            hard_vocab_limit=False,
            character_coverage=CHARACTER_COVERAGE,
            num_threads=1,  # sums of several threads differ in their last bits
            minloglevel=2,
        )
    except (RuntimeError, OSError) as error:
        raise InputError(
            f"SentencePiece model: nothing to learn in {characters} characters: {error}"
        ) from error
    output.write_bytes(model.getvalue())
    pieces = sentencepiece.SentencePieceProcessor(model_proto=model.getvalue()).get_piece_size()
    return PiecesReport(len(cut), characters, pieces)


def cut_line(line: str) -> Iterator[str]:
    """Yield a line in pieces of at most LONGEST_LINE characters, cut at spaces where there are any."""
    while len(line) > LONGEST_LINE:
        end = line.rfind(" ", 1, LONGEST_LINE)
        end = LONGEST_LINE if end < 0 else end
        yield line[:end]
        line = line[end:].lstrip(" ")
    if line:
        yield line
