"""Every signal, by topic. Importing this package declares them all."""

from filters.signals import characters, counts, hashes, repetition, scripts

__all__ = ["characters", "counts", "hashes", "repetition", "scripts"]
