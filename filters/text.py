"""`TextBatch`: a column of texts as one array of code points, measured once for every signal.

The texts of a batch lie one after another in `codepoints`; row i is `codepoints[row_offsets[i]:row_offsets[i
+ 1]]`. Everything else (classes, folded forms, lines, words, hashes) is an array over the same positions,
computed at the first use and kept. No value of a row depends on another row.

Memory: 4 bytes a code point for the text, 4 for its properties once a class is asked for, 8 for each prefix
hash, about 10 for the words; under 60 with everything that the signals ask for. `cut_by_bytes` keeps batches
small.
"""

from collections.abc import Callable, Hashable, Iterator
from typing import Any, Final, TypeVar

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from filters import sentences, words
from filters.compiled import is_compiled
from filters.hashing import PrefixHashes, Replacement
from filters.ngrams import Ngrams
from filters.spans import Spans, among, holding, span_positions, steps, strip, sums, where
from filters.unicode_tables import (
    ALNUM,
    ASCII_END,
    CATEGORIES,
    CATEGORY_MASK,
    FOLDS,
    LINE_FEED,
    MARK,
    NUMERIC,
    SCRIPT_SHIFT,
    SPACE,
    UPPER,
    WORD_CLASS_MASK,
    WORD_CLASS_SHIFT,
    property_bytes,
    tables,
)
from filters.utf8 import bytes_of, decode, plain_strings
from schemas.errors import InputError

__all__ = ["BATCH_BYTES", "Spans", "TextBatch", "cut_by_bytes", "encode"]

T = TypeVar("T")
Mask = NDArray[np.bool_]
Positions = NDArray[np.int64]

KEPT_CODE_POINTS: Final = 1 << 22
"""A batch of more code points, which only one huge text can make, is measured anew for each signal."""

MARKED: Final = (UPPER, FOLDS, NUMERIC)
"""The flags of a few code points in a hundred."""

BATCH_BYTES: Final = 1 << 19
"""UTF-8 bytes of text in one batch: its arrays of a byte a code point stay in a core's cache.

With a megabyte all signals are as fast, words a quarter slower, and memory is twice as much.
"""


class TextBatch:
    """A column of texts as flat arrays. Made by `from_arrow`."""

    def __init__(
        self,
        codepoints: NDArray[np.uint32],
        row_offsets: Positions,
        is_null: Mask,
        byte_counts: Positions,
        data: memoryview | None = None,
    ) -> None:
        self.codepoints = codepoints.view()
        self.codepoints.flags.writeable = False  # Numba compiles anew for what can be written to
        self.row_offsets = row_offsets
        self.is_null = is_null
        self.byte_counts = byte_counts  # of each row in UTF-8
        self._data = data  # the rows in UTF-8, if they came so
        self._memo: dict[Hashable, Any] = {}

    @classmethod
    def from_arrow(cls, array: pa.Array) -> "TextBatch":
        """Return the batch of a string column: any string type, sliced or not, with nulls or not.

        Raises:
            SchemaError: the column does not hold strings.
            InputError: the bytes of the column are not UTF-8.
        """
        is_null = np.asarray(array.is_null(), dtype=np.bool_)
        array = plain_strings(array)
        counts = np.asarray(pc.utf8_length(array), dtype=np.int64)
        row_offsets = np.concatenate(([0], np.cumsum(counts, dtype=np.int64)))
        data = bytes_of(array)
        codepoints = decode(data)
        if row_offsets[-1] != len(codepoints):
            raise InputError("text column: its rows do not begin and end between UTF-8 characters")
        byte_counts = np.asarray(pc.binary_length(array), dtype=np.int64)
        return cls(codepoints, row_offsets, is_null, byte_counts, data)

    def __len__(self) -> int:
        return len(self.row_offsets) - 1

    def once(self, key: Hashable, compute: Callable[[], T]) -> T:
        """Return what `compute` gave for `key`, computing it at the first call."""
        if key not in self._memo:
            self._memo[key] = compute()
        result: T = self._memo[key]
        return result

    def has(self, *key: Hashable) -> bool:
        """Say whether something was computed already."""
        return key in self._memo

    def trim(self) -> None:
        """Forget what was computed if the batch is very large, so that one huge text needs no huge memory."""
        if len(self.codepoints) > KEPT_CODE_POINTS:
            self._memo.clear()

    @property
    def lengths(self) -> Positions:
        """The code points in each row."""
        return self.once("lengths", lambda: steps(self.row_offsets))

    def property_byte(self, number: int) -> NDArray[np.uint8]:
        """Return one byte of the property word of each code point (`filters/unicode_tables.py`)."""
        found: NDArray[np.uint8] = self.once("properties", lambda: property_bytes(self.codepoints))[number]
        return found

    @property
    def categories(self) -> NDArray[np.uint8]:
        """The general category of each code point, an index into CATEGORIES."""
        return self.once("categories", lambda: self.property_byte(0) & np.uint8(CATEGORY_MASK))

    @property
    def scripts(self) -> NDArray[np.uint8]:
        """The script of each code point, an index into `script_codes()`."""
        return self.property_byte(SCRIPT_SHIFT // 8)

    @property
    def word_classes(self) -> NDArray[np.uint8]:
        """The word class of each code point."""
        return self.once(
            "word_classes", lambda: self.property_byte(WORD_CLASS_SHIFT // 8) & np.uint8(WORD_CLASS_MASK)
        )

    def flag(self, flag: int) -> Mask:
        """Return where a property flag (SPACE, UPPER …), or one of several in one byte, is set."""
        number = (flag.bit_length() - 1) // 8

        def compute() -> Mask:
            held = self.property_byte(number) & np.uint8(flag >> 8 * number)
            mask: Mask = held.view(np.bool_)
            np.not_equal(held, 0, out=mask)
            return mask

        return self.once(("flag", flag), compute)

    @property
    def symbols(self) -> Positions:
        """The positions of what is neither letter, number, mark nor white space: a few in a hundred."""
        return self.once("symbols", lambda: among(self._marked, self._is_symbol))

    @property
    def _is_symbol(self) -> Mask:
        return self.once(
            "is symbol", lambda: ~(self.flag(ALNUM) | self.flag(SPACE) | (self.word_classes == MARK))
        )

    @property
    def _marked(self) -> Positions:
        """The positions of symbols and of what has one of the flags MARKED, in which each is looked for."""

        def compute() -> Positions:
            marked = self._is_symbol.copy()
            for flag in MARKED:
                marked |= self.flag(flag)
            return where(marked)

        return self.once("marked", compute)

    @property
    def line_feeds(self) -> Positions:
        """The positions of the line feeds."""

        def compute() -> Positions:
            at = where(self.low_bytes() == LINE_FEED)
            found: Positions = at[self.codepoints[at] == LINE_FEED]
            return found

        return self.once("line feeds", compute)

    @property
    def numbers(self) -> Positions:
        """The positions of what `str.isnumeric` holds for."""
        return self.flagged(NUMERIC)

    def flagged(self, flag: int) -> Positions:
        """Return the positions where a property flag is set."""

        def compute() -> Positions:
            mask = self.flag(flag)
            return among(self._marked, mask) if flag in MARKED else where(mask)

        return self.once(("flagged", flag), compute)

    def symbol(self, character: str) -> Positions:
        """Return the positions of one such character."""

        def compute() -> Positions:
            found: Mask = self.once("symbol code points", lambda: self.codepoints[self.symbols]) == ord(
                character
            )
            return self.symbols[found]

        return self.once(("symbol", character), compute)

    def per_row(self, at: Positions) -> Positions:
        """Return how many of the sorted positions lie in each row."""
        return steps(at.searchsorted(self.row_offsets))

    def in_categories(self, prefix: str) -> Mask:
        """Return where the general category begins with `prefix` (L, P, Nd)."""
        numbers = [i for i, name in enumerate(CATEGORIES) if name.startswith(prefix)]
        first, count = np.uint8(numbers[0]), np.uint8(len(numbers))
        return self.once(("categories", prefix), lambda: (self.categories - first) < count)

    @property
    def folded(self) -> NDArray[np.uint32]:
        """The code points after simple case folding."""

        def compute() -> NDArray[np.uint32]:
            at = self.flagged(FOLDS)
            result = self.codepoints.copy()
            result[at] = tables().fold[result[at]]
            return result

        return self.once("folded", compute)

    @property
    def ascii(self) -> Mask:
        """Where the code points are ASCII."""
        return self.once("ascii", lambda: self.codepoints < ASCII_END)

    def low_bytes(self) -> NDArray[np.uint8]:
        """Return the lowest byte of each code point, a quarter of it to search for a letter."""
        return self.once("low bytes", lambda: self.codepoints.astype(np.uint8))

    @property
    def utf8(self) -> memoryview:
        """The rows in UTF-8, one after another."""
        if self._data is not None:
            return self._data
        return self.once("utf8", lambda: memoryview(self.codepoints.tobytes().decode("utf-32-le").encode()))

    def rows_as_bytes(self) -> Iterator[memoryview]:
        """Yield each row in UTF-8."""
        data, ends = self.utf8, np.cumsum(self.byte_counts)
        for start, end in zip((ends - self.byte_counts).tolist(), ends.tolist(), strict=True):
            yield data[start:end]

    def rows(self) -> Spans:
        """Return the rows as spans."""
        return Spans(self.row_offsets[:-1], self.row_offsets[1:], np.arange(len(self) + 1))

    def as_rows(self, spans: Spans) -> "TextBatch":
        """Return a batch whose rows are the spans."""
        offsets = np.concatenate(([0], np.cumsum(spans.lengths)))
        sizes = np.zeros(len(spans), dtype=np.int64)  # bytes are not asked of parts of a text
        return TextBatch(self.gather(spans), offsets, np.zeros(len(spans), dtype=np.bool_), sizes)

    def prefix_hashes(self, fold: bool = False) -> PrefixHashes:
        """Return what gives the hash of any span of the batch, of the folded code points on request."""

        def compute() -> PrefixHashes:
            other: PrefixHashes | None = self._memo.get(("prefix", not fold))
            if other is None or is_compiled():
                return PrefixHashes(self.folded if fold else self.codepoints)
            at = self.flagged(FOLDS)
            plain, folded = self.codepoints[at], self.folded[at]
            if fold:
                return other.replaced(Replacement(at, plain, folded), self.folded)
            return other.replaced(Replacement(at, folded, plain), self.codepoints)

        return self.once(("prefix", fold), compute)

    def span_hashes(self, spans: Spans, fold: bool = False) -> NDArray[np.uint64]:
        """Return a hash of the code points of each span."""
        return self.prefix_hashes(fold).spans(spans.starts, spans.ends)

    @property
    def row_starts_flags(self) -> Mask:
        """True at each position where a row that is not empty begins, and at the end of the batch."""
        return self.once("row_starts", self._row_starts)

    def _row_starts(self) -> Mask:
        flags = np.zeros(len(self.codepoints) + 1, dtype=np.bool_)
        flags[self.row_offsets] = True
        return flags

    def spans(self, starts: Positions, ends: Positions) -> Spans:
        """Return spans given by their sorted ends as `Spans`, with the row of each found."""
        return Spans(starts, ends, np.searchsorted(starts, self.row_offsets))

    def lines(self, kind: str = "newline") -> Spans:
        r"""Return the lines without what ends them.

        `newline`: a line feed ends a line, so "a\n\nb\n" has three and "" none. `unicode`: every line
        boundary of `str.splitlines`. `split`: the pieces of `str.split("\n")`, so that "" is one empty line
        and a text that ends in a line feed ends with an empty line. `runs`: the pieces of `re.split("\n+")`.
        `paragraphs`: those of `re.split("\n{2,}")` of the text stripped of white space.
        """
        return self.once(("lines", kind), lambda: sentences.lines(self, kind))

    def stripped_lines(self, kind: str = "newline") -> Spans:
        """Return what of the lines is left without white space at their ends; nothing of blank ones."""
        return self.once(("stripped lines", kind), lambda: self.stripped(self.lines(kind)))

    def words(self, kind: str = "unicode") -> Spans:
        r"""Return the words; `filters/words.py` defines the kinds.

        `unicode` are words of every script, `whitespace` those of `str.split()`.
        """
        return self.once(("words", kind), lambda: words.find(self, kind))

    def word_hashes(self, kind: str = "unicode", fold: bool = True) -> NDArray[np.uint64]:
        """Return a well mixed hash of each word, of its case-folded form by default."""
        return self.once(("word_hashes", kind, fold), lambda: self.span_hashes(self.words(kind), fold))

    def words_with(self, flag: int, kind: str = "unicode") -> Mask:
        """Return which words hold a code point that has the property flag, or one of several in one byte."""
        return self.once(("words with", flag, kind), lambda: holding(self.words(kind), self.flag(flag)))

    def ngrams(self, n: int, kind: str = "unicode", fold: bool = True) -> Ngrams:
        """Return the word n-grams that occur more than once in their row, of case-folded words by default."""

        def compute() -> Ngrams:
            if n == 1:
                hashes, offsets = self.word_hashes(kind, fold), self.words(kind).offsets
                self.trim()
                return Ngrams.of_words(hashes, offsets)
            return self.ngrams(n - 1, kind, fold).longer()

        return self.once(("ngrams", n, kind, fold), compute)

    def row_sums(self, values: NDArray[Any]) -> Positions:
        """Return the sum, in each row, of a mask or of whole numbers over the code points."""
        return sums(values, self.row_offsets)

    def stripped(self, spans: Spans) -> Spans:
        """Return the spans without white space (`str.isspace`) at their ends, if anything is left."""
        return strip(spans, self.flag(SPACE))

    def slice_text(self, spans: Spans) -> pa.Array:
        """Return the text of each span."""
        return encode(self.gather(spans), spans.lengths)

    def gather(self, spans: Spans) -> NDArray[np.uint32]:
        """Return the code points of all spans, one span after another."""
        contiguous = len(spans) > 0 and bool(np.array_equal(spans.starts[1:], spans.ends[:-1]))
        if contiguous:
            return self.codepoints[spans.starts[0] : spans.ends[-1]]
        return self.codepoints[span_positions(spans)]


def encode(codepoints: NDArray[np.uint32], lengths: Positions) -> pa.Array:
    """Return the strings that lie one after another in `codepoints`, with the given lengths."""
    data = codepoints.tobytes().decode("utf-32-le").encode()
    ends = np.concatenate(([0], np.cumsum(lengths, dtype=np.int64)))
    if len(data) != len(codepoints):
        sizes = np.ones(len(codepoints), dtype=np.uint8)
        for limit in (0x7F, 0x7FF, 0xFFFF):
            sizes += codepoints > limit
        ends = np.concatenate(([0], np.cumsum(sums(sizes, ends), dtype=np.int64)))
    if len(data) >= 1 << 31:
        raise InputError(f"text of one batch: {len(data)} bytes, more than one Arrow string column holds")
    buffers = [None, pa.py_buffer(ends.astype(np.int32)), pa.py_buffer(data)]
    return pa.Array.from_buffers(pa.string(), len(lengths), buffers)


def cut_by_bytes(array: pa.Array, size: int = BATCH_BYTES) -> Iterator[tuple[int, int]]:
    """Yield (first row, last row + 1) of successive pieces of a string column of about `size` bytes each.

    A row is never cut: one that is larger than `size` is a piece of its own.
    """
    offsets = np.concatenate(
        ([0], np.cumsum(np.asarray(pc.binary_length(array).fill_null(0), dtype=np.int64)))
    )
    first, rows = 0, len(array)
    while first < rows:
        last = int(np.searchsorted(offsets, offsets[first] + size, side="right")) - 1
        last = min(max(last, first + 1), rows)
        yield first, last
        first = last
