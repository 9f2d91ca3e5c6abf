"""The page of signals and edits says what the code declares."""

from pathlib import Path

from filters.listing import page
from filters.registry import EDITS, SIGNALS


def test_the_page_of_signals_is_current(root: Path) -> None:
    written = (root / "filters" / "SIGNALS.md").read_text(encoding="utf-8")
    assert written == page(), "run: python -m filters.listing > filters/SIGNALS.md"


def test_every_signal_and_edit_is_on_the_page() -> None:
    text = page()
    assert [name for name in (*SIGNALS, *EDITS) if f"**`{name}`**" not in text] == []
