"""The command `glotmill`."""

import sys

from jobs.commands import (
    app,
    audit_corpora,
    check_machine,
    compare_recipes,
    curate_archives,
    find_duplicates,
    identify_language,
    learn_limits,
    manage_models,
    measure_texts,
)
from schemas.errors import GlotmillError

COMMANDS = (
    curate_archives,
    learn_limits,
    compare_recipes,
    measure_texts,
    identify_language,
    find_duplicates,
    manage_models,
    audit_corpora,
    check_machine,
)
"""In the order in which `--help` lists them; importing a module adds its commands."""
DEBUG = "--debug"


def main() -> None:
    """Run the command line. An error is one or two lines and exit status 1; with `--debug`, a traceback."""
    debug = DEBUG in sys.argv
    arguments = [argument for argument in sys.argv[1:] if argument != DEBUG]
    order = [module.__name__ for module in COMMANDS]
    app.registered_commands.sort(key=lambda command: order.index(getattr(command.callback, "__module__", "")))
    try:
        app(arguments)
    except (Exception, KeyboardInterrupt) as error:
        message = _message(error)
        if debug or message is None:
            raise
        print(f"glotmill: {message}", file=sys.stderr)
        raise SystemExit(1) from None


def _message(error: BaseException) -> str | None:
    """What to tell the user; None for what is a fault of the engine."""
    from pipeline.report import worker_error

    if isinstance(error, GlotmillError):
        return str(error)
    if isinstance(error, KeyboardInterrupt):
        return "stopped; the same command with --resume goes on from here"
    return worker_error(error)


if __name__ == "__main__":
    main()
