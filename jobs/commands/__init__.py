"""The commands of `glotmill`, a module for each subject.

Heavy imports stand inside the commands, so that help is there at once.
"""

from typing import Annotated

import typer

app = typer.Typer(
    name="glotmill",
    help="Common Crawl archives into clean, deduplicated corpora, one for each language.",
    epilog="With --debug, anywhere, an error shows its traceback.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
Lists = Annotated[
    str | None, typer.Option(help="Folder of word lists (NAME.json) and blocklists that recipes name.")
]
RecipeName = Annotated[str, typer.Argument(help="Name of a shipped recipe, or the path of a .toml file.")]
