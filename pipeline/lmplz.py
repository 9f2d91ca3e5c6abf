"""KenLM's own tools, used on request when they are on PATH: `lmplz` trains, `build_binary` packs.

They are in the source distribution of kenlm (`cmake`, then `make lmplz build_binary`), not in its wheels.
"""

import shutil
import subprocess
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import BinaryIO, Final

from schemas.errors import InputError, MissingDependencyError

TOOLS: Final = ("lmplz", "build_binary")
TRIE: Final = ("-q", "8", "-b", "8", "trie")
"""A trie with probabilities and back-off weights of 8 bits: a fifth of the size, perplexities 0.1 % off."""


def find_tools() -> dict[str, str]:
    """Return where the tools are.

    Raises:
        MissingDependencyError: one of them is not on PATH.
    """
    found = {tool: shutil.which(tool) for tool in TOOLS}
    missing = [tool for tool, path in found.items() if path is None]
    if missing:
        raise MissingDependencyError(
            f"{' and '.join(missing)}: not on PATH; build them from the source distribution of kenlm "
            "(cmake, then make lmplz build_binary), or train without them"
        )
    return {tool: path for tool, path in found.items() if path is not None}


def train_binary(
    sentences: Iterable[Sequence[str]], output: Path, *, order: int, prune: Sequence[int], memory: int
) -> None:
    """Train a model with `lmplz` and write it to `output` as a quantised trie.

    Raises:
        MissingDependencyError: the tools are not on PATH.
        InputError: a tool failed.
    """
    tools = find_tools()
    arpa, text = output.with_suffix(".arpa.tmp"), output.with_suffix(".txt.tmp")
    with text.open("w", encoding="utf-8", newline="\n") as file:
        file.writelines(" ".join(sentence) + "\n" for sentence in sentences)
    options = ["-o", str(order), "--discount_fallback", "--skip_symbols", "-S", f"{memory}b"]
    thresholds = ["--prune", *map(str, prune)] if any(prune) else []
    with text.open("rb") as stdin, arpa.open("wb") as stdout:
        _run([tools["lmplz"], *options, "-T", str(output.parent), *thresholds], stdin, stdout)
    _run([tools["build_binary"], *TRIE, str(arpa), str(output)])
    arpa.unlink()
    text.unlink()


def _run(command: Sequence[str], stdin: BinaryIO | None = None, stdout: BinaryIO | None = None) -> None:
    done = subprocess.run(
        command,
        stdin=stdin or subprocess.DEVNULL,
        stdout=stdout or subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        check=False,
    )
    if done.returncode:
        last = done.stderr.decode("utf-8", "replace").strip().splitlines()[-1:]
        raise InputError(f"{command[0]}: ended with status {done.returncode}: {' '.join(last)}")
