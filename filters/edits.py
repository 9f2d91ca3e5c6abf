"""Edits: text in, text out, the same rows."""

import pyarrow as pa
import pyarrow.compute as pc

from filters.registry import Edited, edit
from filters.text import TextBatch, encode


@edit(source="Unicode Standard Annex 15, form NFC")
def compose(text: TextBatch) -> Edited:
    """Bring each text into Unicode form NFC; a text that was in another form counts as one change."""
    before = encode(text.codepoints, text.lengths)
    after = pc.utf8_normalize(before, "NFC")
    return Edited(after, pc.not_equal(before, after).cast(pa.int32()))
