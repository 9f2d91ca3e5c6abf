"""Our own extractor: main text by a small model over the blocks of a page. `texts.py` is the one door."""
