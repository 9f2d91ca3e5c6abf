"""Train and measure the model of our own extractor (`pipeline/extractor/`).

    python deploy/train_extractor.py DATA                  # cross-validation, prints the scores
    python deploy/train_extractor.py DATA --write          # trains on all pages and writes the model
    python deploy/train_extractor.py DATA --ablations      # the scores without this and that
    python deploy/train_extractor.py DATA --sources        # the archives, each source by a model without it

DATA holds `extraction/*.parquet` (pages with reference text) and `warc/assembled/` (archives with their main
text). Needs the extra `train`. No page gets into the model, only weights: of class words, and of comparisons
with limits. Splits are by site, and by the template that made the pages of an archive: what is measured was
never trained on. With `--write` the last two add their tables to the manifest of the model that is there,
which has to be the one that this script trains.
"""

import argparse
import hashlib
import json
import re
import sys
from collections.abc import Mapping
from importlib.metadata import version
from pathlib import Path
from typing import Any

from class_word_votes import Example
from extraction_measures import ablate, by_source, cross_validate, others, rounded
from extraction_pages import read_archives, read_gold, sample
from extraction_training import TREES, make_example, train

from pipeline.extractor.trees import FORMAT, MANIFEST, MODEL, Trees, pack

VERSION = "2"
FOLDER = Path(__file__).resolve().parents[1] / "pipeline" / "extractor" / "model"
LICENCE = (
    "Apache-2.0, as glotmill. Trained on third-party pages that public test suites ship; holds no text "
    "of any page, only counts turned into weights of single class words and into limits of comparisons."
)

PAGES_OF_LANGUAGE, PAGES_OF_SOURCE = 4, {"udhr-html": 40}


def write(folder: Path, trees: Trees, weights: Mapping[str, int], facts: Mapping[str, Any]) -> None:
    """Write the model and its manifest."""
    content = pack(trees, weights)
    manifest = {
        "format": FORMAT,
        "sha256": hashlib.sha256(content).hexdigest(),
        "size": len(content),
        "trees": len(trees.leaves),
        "features": len(trees.features),
        "class_words": len(weights),
        "lightgbm": version("lightgbm"),
        "licence": LICENCE,
        **facts,
    }
    folder.mkdir(exist_ok=True)
    (folder / MODEL).write_bytes(content)
    _write_manifest(folder, manifest)


def add_facts(folder: Path, facts: Mapping[str, Any]) -> None:
    """Add to the manifest of the model in `folder`."""
    manifest = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
    _write_manifest(folder, manifest | facts)


def _write_manifest(folder: Path, manifest: Mapping[str, Any]) -> None:
    text = json.dumps(manifest, indent=2, ensure_ascii=False)
    text = re.sub(r"{[^{}]*}", lambda found: " ".join(found[0].split()), text)
    (folder / MANIFEST).write_text(text + "\n", encoding="utf-8")


def read_examples(data: Path) -> list[Example]:
    """Return all pages under `data`; of the archives most are only measured, not trained on."""
    gold = [page for path in sorted((data / "extraction").glob("*.parquet")) for page in read_gold(path)]
    archived = read_archives(data / "warc" / "assembled")
    trained = {id(page) for page in (*gold, *sample(archived, PAGES_OF_LANGUAGE, PAGES_OF_SOURCE))}
    return [make_example(page, id(page) in trained) for page in (*gold, *archived)]


def main() -> int:
    """Train, measure, and write where asked to."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("data", type=Path)
    parser.add_argument("--trees", type=int, default=TREES)
    parser.add_argument("--write", action="store_true", help="write the model, or the tables measured")
    only = parser.add_mutually_exclusive_group()
    only.add_argument("--ablations", action="store_true", help="only measure variations")
    only.add_argument("--sources", action="store_true", help="only measure unseen sources of the archives")
    arguments = parser.parse_args()
    examples = read_examples(arguments.data)
    if arguments.ablations or arguments.sources:
        found: Mapping[str, Any] = (
            {"ablations": ablate(examples, arguments.trees)}
            if arguments.ablations
            else {"unseen_sources": by_source(examples, arguments.trees)}
        )
        if arguments.write:
            add_facts(FOLDER, found)
        return 0
    measured = cross_validate(examples, arguments.trees)
    beside = others(examples)
    if arguments.write:
        trained = [example for example in examples if example.is_trained]
        facts = {
            "version": VERSION,
            "pages": len(trained),
            "sites": len({example.gold.site for example in trained}),
            "cross_validation": rounded(measured),
            "same_pages": {name: rounded(values) for name, values in beside.items()},
        }
        write(FOLDER, *train(trained, arguments.trees), facts)
    return 0


if __name__ == "__main__":
    sys.exit(main())
