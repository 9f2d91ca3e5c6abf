"""The page that lists every signal and edit, made from what they declare.

python -m filters.listing > filters/SIGNALS.md
"""

import importlib
from collections.abc import Iterable, Mapping

from filters.registry import EDITS, SIGNALS

HEAD = """# Signals and edits

Made from the declarations by `python -m filters.listing`; a test checks that it is current. A signal measures
one row; null means that it cannot be measured there. Parameters are what a recipe may set with `with`.
"""


def page() -> str:
    """Return the page in Markdown: signals by topic, then edits."""
    importlib.import_module("filters.signals")
    importlib.import_module("filters.edits")
    topics: dict[str, list[str]] = {}
    for name, signal in SIGNALS.items():
        topic = signal.function.__module__.rpartition(".")[2]
        about = (
            f"`{signal.type}`, {signal.unit}; reads {', '.join(f'`{column}`' for column in signal.inputs)}"
        )
        topics.setdefault(topic, []).append(
            _entry(name, about, signal.definition, signal.parameters, signal.source)
        )
    parts = [HEAD]
    for topic in sorted(topics):
        parts += [f"## {topic}\n", *sorted(topics[topic])]
    parts.append("## Edits\n")
    for name, edit in sorted(EDITS.items()):
        parts.append(_entry(name, "text to text", edit.definition, edit.parameters, edit.source))
    return "\n".join(parts)


def _entry(name: str, about: str, definition: str, parameters: Mapping[str, object], source: str) -> str:
    lines = [f"**`{name}`** ({about})  ", f"{definition}  "]
    if parameters:
        lines.append(f"Parameters: {', '.join(_shown(parameters))}  ")
    return "\n".join([*lines, f"Source: {source}", ""])


def _shown(parameters: Mapping[str, object]) -> Iterable[str]:
    for name, value in parameters.items():
        plain = value is None or isinstance(value, (bool, int, float, str, tuple))
        yield (
            f"`{name} = {value!r}`" if plain else f"`{name}`: {getattr(value, 'name', type(value).__name__)}"
        )


if __name__ == "__main__":
    print(page(), end="")
