"""Keys and signatures keep their values: indexes that were kept are compared with new ones.

    python -m tests.golden.test_dedup_values

writes the golden file when there is none.
"""

import json
from pathlib import Path
from typing import Any

import pyarrow as pa

from filters.signals.dedup import minhash, simhash, url_key
from tests.golden.golden_texts import TEXTS

FILE = Path(__file__).parent / "dedup_values.json"
URLS = (
    "https://www.Example.org/a/?b=2&a=1&utm_source=x",
    "http://example.org",
    "",
    None,
    "https://उदाहरण.भारत/क",
)


def values() -> dict[str, Any]:
    texts = pa.array([text for _, text in TEXTS], pa.string())
    signed = minhash(texts, permutations=4).to_pylist()
    return {
        "minhash": [value and value.hex() for value in signed],
        "minhash of characters": [
            v and v.hex() for v in minhash(texts, permutations=4, unit="character").to_pylist()
        ],
        "simhash": simhash(texts).to_pylist(),
        "simhash of words": simhash(texts, unit="word").to_pylist(),
        "url_key": url_key(list(URLS)).to_pylist(),
        "url_key c4": url_key(list(URLS), form="c4").to_pylist(),
    }


def test_keys_and_signatures_have_their_golden_values() -> None:
    assert values() == json.loads(FILE.read_text(encoding="utf-8"))


if __name__ == "__main__" and not FILE.exists():
    FILE.write_text(json.dumps(values(), indent=1) + "\n", encoding="utf-8")
