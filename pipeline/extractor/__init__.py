"""Our own extractor: main text by a small model over the blocks of a page; see `texts.py` for the one door."""
