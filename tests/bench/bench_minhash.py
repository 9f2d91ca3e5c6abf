"""Signatures of documents, from Arrow text to signature column, against other libraries: one core, same
texts, one run.

    python tests/bench/bench_minhash.py --peers PYTHON [--texts FILE.parquet] [--documents 3000]

`--peers` is the interpreter of an environment with `datatrove[processing] xxhash<4 datasketch rensa`. Texts
are the column `text` of a Parquet file, by default the English, Russian and Vietnamese manuals of ../shared.
Peers and engine take turns, so that a busy machine slows all.

With the extra `fast` (Numba) the loops are compiled; GLOTMILL_COMPILED=no in the environment gives the
figures of NumPy alone. The first line says which they are. Compiling is not measured: it is done once on a
machine.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

sys.path.insert(0, str(Path(__file__).parents[2]))

from filters.compiled import is_compiled
from filters.signals.dedup import minhash
from filters.text import cut_by_bytes

PEERS = Path(__file__).parent / "peers" / "sign_documents.py"
SLOW = {"datatrove": 150, "datatrove white space": 600}
WAYS = (
    "datatrove", "datatrove white space", "datasketch", "datasketch xxh32", "datasketch xxh32 bulk", "rensa",
    "rensa matrix",
)  # fmt: skip
FLOORS = {"datatrove": 80, "datatrove white space": 13, "datasketch": 5, "rensa": 4}
REPEATS = 3
ONE_CORE = {"RAYON_NUM_THREADS": "1", "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}


def own_seconds(texts: pa.Array, permutations: int) -> float:
    """CPU seconds to sign all texts, best of three."""
    seconds = []
    for _ in range(REPEATS):
        start = time.process_time()
        for first, last in cut_by_bytes(texts):
            minhash(texts.slice(first, last - first), permutations=permutations)
        seconds.append(time.process_time() - start)
    return min(seconds)


def peer(python: str, path: str, name: str, permutations: int, documents: int) -> dict[str, float]:
    command = [python, str(PEERS), path, name, str(permutations), str(SLOW.get(name, documents))]
    done = subprocess.run(command, capture_output=True, text=True, env={**os.environ, **ONE_CORE}, check=True)
    found: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return found


def default_texts() -> pa.Array:
    path = Path(__file__).parents[3] / "shared" / "data" / "neardup" / "debian_install_guide_docs.parquet"
    table = pq.read_table(path)
    return table.filter(pc.is_in(table["lang"], pa.array(["en", "ru", "vi"]))).column("text").combine_chunks()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--peers", help="interpreter of the peers' environment")
    parser.add_argument("--texts", help="Parquet file with a column `text`")
    parser.add_argument("--documents", type=int, default=3_000)
    chosen = parser.parse_args()
    texts = pq.read_table(chosen.texts).column("text").combine_chunks() if chosen.texts else default_texts()
    texts = texts.take(pa.array(range(0, len(texts), max(1, len(texts) // chosen.documents)))).slice(
        0, chosen.documents
    )
    size = pc.sum(pc.binary_length(texts)).as_py()
    loops = "compiled by Numba" if is_compiled() else "NumPy alone"
    print(f"{len(texts)} documents, {size / 1e6:.1f} MB; glotmill's loops: {loops}")
    minhash(texts.slice(0, 50))
    with tempfile.TemporaryDirectory() as folder:
        path = f"{folder}/texts.parquet"
        pq.write_table(pa.table({"text": texts}), path)
        for permutations in (112, 256):
            print(f"\n{permutations} permutations{'':<16} docs/s     MB/s    ratio  wanted")
            for name in WAYS if chosen.peers else ():
                own = own_seconds(texts, permutations)
                found = peer(chosen.peers, path, name, permutations, len(texts))
                rate = found["documents"] / found["seconds"]
                wanted = next((f for n, f in sorted(FLOORS.items(), reverse=True) if name.startswith(n)), 0)
                print(
                    f"{name:<28} {rate:>8,.0f} {found['bytes'] / found['seconds'] / 1e6:>8.1f}"
                    f" {found['seconds'] / found['bytes'] / (own / size):>8.1f} {wanted:>7}"
                )
            own = own_seconds(texts, permutations)
            print(f"{'glotmill':<28} {len(texts) / own:>8,.0f} {size / own / 1e6:>8.1f}")


if __name__ == "__main__":
    main()
