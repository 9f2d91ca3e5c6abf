"""Chunks: the units (lines, and sentences of long lines) that chunk rules measure."""

from filters.sentences import CHUNK_CHARACTERS, chunk_spans

__all__ = ["CHUNK_CHARACTERS", "chunk_spans"]
