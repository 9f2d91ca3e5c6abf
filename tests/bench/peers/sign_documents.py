"""MinHash signatures as other libraries make them, timed on one core; run by bench_minhash.py with their
interpreter.

    python sign_documents.py TEXTS.parquet NAME PERMUTATIONS DOCUMENTS

Prints one line of JSON: documents, bytes, CPU seconds (the best of three runs after a warm-up on ten
documents). Each way is the fastest that its library offers, beginning with a list of Python strings: word
5-grams of the lower-cased text, `\\w+` or the library's own tokenizer.
"""

import json
import re
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import pyarrow.parquet as pq

WORDS = re.compile(r"\w+")
REPEATS = 3
Sign = Callable[[list[str]], Any]


def grams(text: str) -> list[str]:
    words = WORDS.findall(text.lower())
    return [" ".join(words[i : i + 5]) for i in range(max(1, len(words) - 4))]


def gram_bytes(text: str) -> list[bytes]:
    return [gram.encode() for gram in grams(text)]


def datasketch(permutations: int, name: str) -> Sign:
    import xxhash
    from datasketch import MinHash
    from datasketch.hashfunc import sha1_hash32

    function = sha1_hash32 if name == "datasketch" else xxhash.xxh32_intdigest

    def each(texts: list[str]) -> Iterator[Any]:
        for text in texts:
            signature = MinHash(permutations, hashfunc=function)
            signature.update_batch(gram_bytes(text))
            yield signature.hashvalues

    def bulk(texts: list[str]) -> Any:
        rows: Iterable[list[bytes]] = map(gram_bytes, texts)
        return MinHash.bulk(rows, num_perm=permutations, hashfunc=function)

    return bulk if name == "datasketch xxh32 bulk" else lambda texts: list(each(texts))


def rensa(permutations: int, name: str) -> Sign:
    from rensa import RMinHash

    def each(texts: list[str]) -> list[Any]:
        found = []
        for text in texts:
            signature = RMinHash(permutations, 42)
            signature.update(grams(text))
            found.append(signature.digest())
        return found

    def matrix(texts: list[str]) -> Any:
        return RMinHash.digest_matrix_from_token_sets([grams(text) for text in texts], permutations, 42)

    return matrix if name == "rensa matrix" else each


def datatrove(permutations: int, name: str) -> Sign:
    from datatrove.pipeline.dedup.minhash import MinhashConfig, MinhashDedupSignature

    config = MinhashConfig(n_grams=5, num_buckets=permutations // 8, hashes_per_bucket=8)
    step = MinhashDedupSignature("nowhere", config)  # nothing is written: only its arithmetic is called
    if name == "datatrove white space":
        step.word_tokenizer = type("WhiteSpace", (), {"word_tokenize": staticmethod(str.split)})()

    def sign(texts: list[str]) -> list[Any]:
        found = []
        for text in texts:
            shingles = step.get_shingles(text)
            if shingles.size:
                found.append(step.get_signature(shingles))
        return found

    return sign


WAYS: dict[str, Callable[[int, str], Sign]] = {
    "datatrove": datatrove,
    "datatrove white space": datatrove,
    "datasketch": datasketch,
    "datasketch xxh32": datasketch,
    "datasketch xxh32 bulk": datasketch,
    "rensa": rensa,
    "rensa matrix": rensa,
}


def main() -> None:
    path, name, permutations, documents = sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
    texts = pq.read_table(path, columns=["text"]).column("text").to_pylist()[:documents]
    sign = WAYS[name](permutations, name)
    sign(texts[:10])
    seconds = []
    for _ in range(REPEATS):
        start = time.process_time()
        sign(texts)
        seconds.append(time.process_time() - start)
    size = sum(len(text.encode()) for text in texts)
    print(json.dumps({"documents": len(texts), "bytes": size, "seconds": min(seconds)}))


if __name__ == "__main__":
    main()
