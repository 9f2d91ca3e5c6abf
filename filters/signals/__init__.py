"""Every signal, by topic. Importing this package declares them all."""

from filters.signals import characters, counts, dedup, hashes, repetition, scripts

__all__ = ["characters", "counts", "dedup", "hashes", "repetition", "scripts"]
