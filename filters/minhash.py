"""MinHash signatures of rows of shingle hashes, in the hash families of published tools, by name.

A signature holds, for each of `permutations` hash functions, the least value over the row's shingles. Two
signatures agree in a share of places that estimates the Jaccard similarity of the two sets, with a standard
error of sqrt(J (1 - J) / permutations).

Which family a signature is of is part of its meaning: signatures of different families, seeds or numbers of
permutations must not be compared.
"""

import functools
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from filters.compiled import is_compiled
from filters.kernels_signatures import least_products, mix_bases
from filters.shingles import GOLDEN, I64, U64, Shingles, mix64
from filters.spans import Spans, span_positions
from schemas.errors import RecipeError, near_name

U32 = NDArray[np.uint32]
Signatures = NDArray[np.uint32] | NDArray[np.uint64]
Sketches = NDArray[np.uint8]
Draw = Callable[[int, int], tuple[Signatures, Signatures]]

MERSENNE_61 = np.uint64((1 << 61) - 1)
PRIME_32 = 4_294_967_291  # the largest prime below 2^32
MASK_32 = np.uint64(0xFFFFFFFF)
# Finalizer of MurmurHash3 (public domain), 32 bits.
FMIX32 = (np.uint32(16), np.uint32(0x85EBCA6B), np.uint32(13), np.uint32(0xC2B2AE35), np.uint32(16))

# Two low bytes of different values are equal with this probability.
CHANCE = np.float32(1 / 256)

# Shingles handled at once: 512 KB of 32-bit values stay in the L2 cache and hide the cost of a NumPy call
# (0.25 ns for a shingle and permutation; at 8,192 shingles 0.45; AMD EPYC, NumPy 2.4).
BLOCK = 1 << 17


@dataclass(frozen=True, slots=True)
class Family:
    """One way to make signatures: how the constants are drawn, and the arithmetic on a base hash."""

    name: str
    base: str  # the hash of a shingle that the family starts from
    draw: Draw
    apply: Callable[..., None]  # (base hashes, a, b, out): one permutation of a block
    dtype: type[np.unsignedinteger]
    seed: int
    permutations: int
    source: str


def _affine_constants(seed: int, count: int) -> tuple[U32, U32]:
    generator = np.random.RandomState(seed)
    odd = generator.randint(0, 1 << 31, count, dtype=np.uint32) * np.uint32(2) + np.uint32(1)
    return odd, generator.randint(0, 1 << 32, count, dtype=np.uint32)


def _alternating_constants(seed: int, count: int) -> tuple[U64, U64]:
    """Draw a and b in turn: a1, b1, a2, b2 ..."""
    generator = np.random.RandomState(seed)
    drawn = [
        (
            generator.randint(1, MERSENNE_61, dtype=np.uint64),
            generator.randint(0, MERSENNE_61, dtype=np.uint64),
        )
        for _ in range(count)
    ]
    pairs = np.array(drawn, np.uint64).reshape(count, 2)
    return pairs[:, 0].copy(), pairs[:, 1].copy()


def _array_constants(seed: int, count: int) -> tuple[U64, U64]:
    """Draw all of a, then all of b."""
    generator = np.random.RandomState(seed)
    first = generator.randint(1, MERSENNE_61, count, dtype=np.uint64)
    return first, generator.randint(0, MERSENNE_61, count, dtype=np.uint64)


def _prime32_constants(seed: int, count: int) -> tuple[U32, U32]:
    generator = np.random.RandomState(seed)
    first = generator.randint(1, PRIME_32, count, dtype=np.uint32)
    return first, generator.randint(0, PRIME_32, count, dtype=np.uint32)


def _multiply(base: U32, a: np.uint32, _: np.uint32, out: U32) -> None:
    """Compute a x modulo 2^32, a bijection for odd a: the affine map without its sum, a third faster.

    As near to the theory as the affine one: over sets of 6 to 4,000 of similarity 0.3 to 0.9, neither bias
    nor standard deviation nor the share of pairs found by bands differed from it (128 permutations, 54,000
    pairs).
    """
    np.multiply(base, a, out)


def _affine(base: U32, a: np.uint32, b: np.uint32, out: U32) -> None:
    np.multiply(base, a, out)
    np.add(out, b, out)


def _mersenne_64(base: U64, a: np.uint64, b: np.uint64, out: U64) -> None:
    """Compute (a x + b, wrapping at 2^64) modulo 2^61 - 1."""
    np.multiply(base, a, out=out)
    np.add(out, b, out=out)
    np.remainder(out, MERSENNE_61, out=out)


def _mersenne_32(base: U64, a: np.uint64, b: np.uint64, out: U64) -> None:
    _mersenne_64(base, a, b, out)
    np.bitwise_and(out, MASK_32, out=out)


def _prime_32(base: U32, a: np.uint32, b: np.uint32, out: U32) -> None:
    """Compute (a x + b, wrapping at 2^32) modulo the prime 2^32 - 5."""
    _affine(base, a, b, out)
    np.remainder(out, np.uint32(PRIME_32), out=out)


SHA1_32 = "SHA-1, first 4 bytes"
SHA1_64 = "SHA-1, first 8 bytes (April 2024), or xxHash64"


def _declare(*families: Family) -> dict[str, Family]:
    return {family.name: family for family in families}


U32_MULTIPLY = (_affine_constants, _multiply, np.uint32)
U32_AFFINE = (_affine_constants, _affine, np.uint32)
U64_ALTERNATING = (_alternating_constants, _mersenne_32, np.uint64)
U32_PRIME = (_prime32_constants, _prime_32, np.uint32)

FAMILIES: dict[str, Family] = _declare(
    Family("default", "top half of the shingle hash", *U32_MULTIPLY, 1, 128, "own"),
    Family("datasketch", SHA1_32, *U32_AFFINE, 1, 128, "datasketch 2.0, scheme affine32"),
    Family("datasketch-legacy", SHA1_32, *U64_ALTERNATING, 1, 128, "datasketch 1.x, scheme legacy"),
    Family("text-dedup-0.3", SHA1_32, *U64_ALTERNATING, 42, 256, "text-dedup 0.3.1 and f954b1e, on Spark"),
    Family(
        "text-dedup", f"{SHA1_32} (2023) or xxHash32", *U32_PRIME, 42, 250, "text-dedup 2023.09 and 0.4.0"
    ),
    Family("rpv2", SHA1_32, *U64_ALTERNATING, 42, 128, "RedPajama-Data v2"),
    Family("datatrove", SHA1_64, _array_constants, _mersenne_64, np.uint64, 1, 112, "datatrove, 64-bit mode"),
    Family(
        "datatrove-32", SHA1_64, _array_constants, _mersenne_32, np.uint64, 1, 112, "datatrove, 32-bit mode"
    ),
)


def find_family(name: str) -> Family:
    """Return the family called `name`.

    Raises:
        RecipeError: there is none.
    """
    if name not in FAMILIES:
        raise RecipeError(
            f"minhash: unknown family {name!r}, known: {', '.join(FAMILIES)}{near_name(name, list(FAMILIES))}"
        )
    return FAMILIES[name]


def mix32(values: U32) -> U32:
    """Return `values` through the 32-bit finalizer of MurmurHash3."""
    first, times, second, again, third = FMIX32
    mixed = values ^ (values >> first)
    mixed *= times
    mixed ^= mixed >> second
    mixed *= again
    mixed ^= mixed >> third
    return mixed


def signatures(
    hashes: U64, offsets: I64, permutations: int = 0, *, family: str = "default", seed: int | None = None
) -> Signatures:
    """Return the signature of each row of base hashes, one row of `permutations` values each.

    `hashes` are the base hashes of the family (32-bit ones in 64-bit places). A row without shingles gets the
    greatest value in all places, as in the published tools: callers must not compare it.

    `default` and `datasketch` mix the base hash once (datasketch's affine32), so `default` equals a
    `datasketch.MinHash` of the same multipliers and no summands, whose hash function gives the top half of
    the shingle hash.
    """
    chosen = find_family(family)
    a, b = _constants(family, chosen.seed if seed is None else seed, permutations or chosen.permutations)
    if chosen.apply is _multiply and is_compiled():
        return _compiled_signatures(hashes, offsets, a, 0)
    base = hashes.astype(chosen.dtype)
    if chosen.apply in (_affine, _multiply):
        base = mix32(base)
    if chosen.apply is _multiply:
        base = np.maximum(base, base.dtype.type(1))  # 0 would be the least value of every permutation
    top = MASK_32 if chosen.apply is not _mersenne_64 else MERSENNE_61
    out: Signatures = np.full((len(a), len(offsets) - 1), top, chosen.dtype)
    _minima(base, offsets, _Work(chosen, a, b, out, np.empty(min(len(base), BLOCK), chosen.dtype)))
    return out.T


@functools.cache
def _constants(family: str, seed: int, count: int) -> tuple[Signatures, Signatures]:
    """Return the constants of `count` permutations: to seed a generator takes as long as to mix a batch."""
    return find_family(family).draw(seed, count)


def _compiled_signatures(hashes: U64, offsets: I64, a: Signatures, shift: int) -> U32:
    """Return what `signatures` gives for the default family and the hashes shifted to the right."""
    bases = np.empty(len(hashes), np.uint32)
    mix_bases(hashes, np.uint64(shift), bases)
    out: U32 = np.full((len(offsets) - 1, len(a)), MASK_32, np.uint32)
    least_products(bases, offsets, a.astype(np.uint32, copy=False), out)
    return out


def sign(shingles: Shingles, permutations: int = 0, *, seed: int | None = None) -> U32:
    """Return default signatures of `shingles`.

    A row of one distinct shingle is compared exactly: its values are hashes of the whole 64-bit shingle hash,
    so that two of 10^9 short rows do not meet by chance. Nothing is lost by it: such a row has at most a
    Jaccard similarity of 0.5 with any other set.
    """
    hashes, offsets = shingles.hashes, shingles.offsets
    if is_compiled():
        default = FAMILIES["default"]
        drawn = default.seed if seed is None else seed, permutations or default.permutations
        signed = _compiled_signatures(hashes, offsets, _constants("default", *drawn)[0], 32)
    else:
        plain = signatures(hashes >> np.uint64(32), offsets, permutations, seed=seed)
        signed = np.ascontiguousarray(plain, np.uint32)
    rows = np.flatnonzero(shingles.counts)
    rows = rows[hashes[offsets[rows]] == hashes[offsets[rows + 1] - 1]]  # few: only they can hold one alone
    if len(rows):
        bounds = np.concatenate(([0], np.cumsum(shingles.counts[rows])))
        held = hashes[span_positions(Spans(offsets[rows], offsets[rows + 1], bounds))]
        least = np.minimum.reduceat(held, bounds[:-1])
        single = least == np.maximum.reduceat(held, bounds[:-1])
        places = np.arange(1, signed.shape[1] + 1, dtype=np.uint64) * GOLDEN
        signed[rows[single]] = mix64(least[single, None] + places[None, :]) >> np.uint64(32)
    return signed


@dataclass(frozen=True, slots=True)
class _Work:
    """What the blocks of a call share: the constants, the result (permutation by row), room for one block."""

    family: Family
    a: Signatures
    b: Signatures
    out: Signatures
    scratch: Signatures


def _minima(base: Signatures, offsets: I64, work: _Work) -> None:
    """Put the least value of each row and permutation into `work.out`."""
    rows = np.flatnonzero(np.diff(offsets))
    starts, ends = offsets[rows], offsets[rows + 1]
    first = 0
    while first < len(rows):
        last = max(int(np.searchsorted(ends, starts[first] + BLOCK, side="right")), first + 1)
        begin, end = int(starts[first]), int(ends[last - 1])
        for low in range(begin, end, BLOCK):  # more than one turn only for a row longer than a block
            inner = np.maximum(starts[first:last] - low, 0)
            _block_minima(base[low : min(low + BLOCK, end)], inner, rows[first:last], work)
        first = last


def _block_minima(block: Signatures, inner: I64, rows: I64, work: _Work) -> None:
    scratch = work.scratch[: len(block)]
    apply = work.family.apply
    constants = zip(work.a, work.b, strict=True)
    if (
        len(rows) == rows[-1] - rows[0] + 1 and len(rows) > 1
    ):  # rows without a gap, each met in this block alone
        for (a, b), out in zip(constants, work.out[:, rows[0] : rows[-1] + 1], strict=True):
            apply(block, a, b, scratch)
            np.minimum.reduceat(scratch, inner, out=out)
        return
    for place, (a, b) in enumerate(constants):
        apply(block, a, b, scratch)
        least = np.minimum.reduceat(scratch, inner)
        work.out[place, rows] = np.minimum(work.out[place, rows], least)


def sketch(signed: Signatures) -> Sketches:
    """Return the low byte of each value: what verification compares (Li and König 2010, b-bit MinHash)."""
    return (signed & signed.dtype.type(0xFF)).astype(np.uint8)


def agreement(left: Sketches | Signatures, right: Sketches | Signatures) -> NDArray[np.float32]:
    """Return the share of equal places, row by row: the estimate of Jaccard similarity."""
    equal = np.count_nonzero(left == right, axis=-1)
    share: NDArray[np.float32] = equal.astype(np.float32) / np.float32(left.shape[-1])
    return share


def sketch_similarity(equal_share: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the estimated Jaccard similarity for a share of equal bytes: 1 in 256 is equal by chance."""
    similarity: NDArray[np.float32] = np.maximum((equal_share - CHANCE) / (1 - CHANCE), 0)
    return similarity
