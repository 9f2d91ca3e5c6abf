"""The slow references of all signals, in one table."""

from tests import (
    slow_characters,
    slow_hashes,
    slow_lines,
    slow_ngrams,
    slow_phrases,
    slow_published,
    slow_words,
)
from tests.slow_kinds import Reference

OF_TEXT: list[Reference] = [
    *slow_characters.REFERENCES,
    *slow_words.REFERENCES,
    *slow_lines.REFERENCES,
    *slow_ngrams.REFERENCES,
    *slow_phrases.REFERENCES,
    *slow_hashes.REFERENCES,
    *slow_published.REFERENCES,
]
