"""Write filters/data/language_families.tsv: which languages are related, by the tree of Glottolog.

    python deploy/make_language_families.py FOLDER/lang2vec/data/family_features.npz

The input is data of the package lang2vec 1.1.2 (`pip download --no-deps lang2vec==1.1.2`, then unzip),
which holds for each ISO 639-3 code the groups of Glottolog that the language belongs to (URIEL, Littell et
al. 2017). Written are codes, numbers and names of groups of two languages or more. A language without any is
an isolate.
"""

import sys
from pathlib import Path

import numpy as np

OUTPUT = Path(__file__).resolve().parents[1] / "filters/data/language_families.tsv"
HEADER = """\
# Groups of related languages, by Glottolog as in lang2vec 1.1.2 (deploy/make_language_families.py).
# Three fields are a group: its number, that of the group that holds it (0: none), its name (languages in it).
# Two fields are a language: its ISO 639-3 code, the number of its smallest group (0: none).
"""
CONSTRUCTED = "Artificial Language"


def main() -> None:
    """Read the features and write the table."""
    with np.load(sys.argv[1], allow_pickle=False) as file:
        names = [str(name).removeprefix("F_") for name in file["feats"]]
        codes = [str(code) for code in file["langs"]]
        member = file["data"][:, :, 0] > 0
    sizes = member.sum(axis=0)
    kept = [i for i in np.argsort(-sizes, kind="stable") if sizes[i] > 1 and names[i] != CONSTRUCTED]
    numbers = {group: number for number, group in enumerate(kept, 1)}
    lines = []
    for group in kept:
        holds = member[member[:, group]].all(axis=0)
        above = [g for g in kept if holds[g] and numbers[g] < numbers[group]]
        parent = numbers[above[-1]] if above else 0
        lines.append(f"{numbers[group]}\t{parent}\t{names[group]} ({sizes[group]})")
    for row, code in sorted(enumerate(codes), key=lambda item: item[1]):
        own = [numbers[group] for group in kept if member[row, group]]
        lines.append(f"{code}\t{max(own, default=0)}")
    OUTPUT.write_text(HEADER + "\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
