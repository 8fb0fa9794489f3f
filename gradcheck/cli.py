"""The command line: `gradcheck` and `python -m gradcheck`."""

from __future__ import annotations

import argparse
import importlib
import os
import pkgutil
import sys
import traceback
from collections.abc import Sequence
from types import ModuleType

from gradcheck import __version__, commands
from gradcheck.quoting import printable
from gradcheck.signals import terminable
from gradcheck.streams import lasting

EXIT_OK = 0
EXIT_FAILED = 1
EXIT_USAGE = 2
EXIT_INTERNAL = 3
EXIT_UNMEASURED = 4
EXIT_NOTHING = 5
EXIT_INTERRUPTED = 130


class UsageError(Exception):
    """The command line asks for something that is not there."""


class Unmeasured(Exception):
    """There is something to measure, but it cannot be measured here."""


def say(message: str) -> None:
    """Tell people something, on stderr."""
    print(f"gradcheck: {printable(message)}", file=sys.stderr)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit code.

    0 all passed; 1 a failure; 2 a mistake in the command line or a case file; 3 a fault of ours;
    4 something could not be measured; 5 nothing was compared; 130 interrupted.
    """
    with lasting(), terminable():
        return _ended(_parser().parse_args(arguments))


def _ended(options: argparse.Namespace) -> int:
    """Run a command, and say how it ended."""
    try:
        code: int = options.main(options)
        sys.stdout.flush()
    except UsageError as error:
        say(str(error))
        return EXIT_USAGE
    except Unmeasured as error:
        say(str(error))
        return EXIT_UNMEASURED
    except OSError as error:
        say(f"{error.filename or 'output'}: {error.strerror}")
        return EXIT_USAGE
    except KeyboardInterrupt:
        say("interrupted")
        return EXIT_INTERRUPTED
    except Exception:  # whatever it is, it is our fault, and has an exit code of its own
        if hidden := _hidden():
            say(hidden)
            return EXIT_USAGE
        traceback.print_exc()
        say("this is a fault of gradcheck itself, please report it")
        return EXIT_INTERNAL
    return code


def _hidden() -> str:
    """Return what stands in the current folder with the name of a package that we need, if any.

    `python -m` looks there first; nothing works then, and the exception says nothing of it.
    """
    for name in ("numpy", "yaml", "pydantic", "tabulate", "tqdm"):
        file = getattr(sys.modules.get(name), "__file__", None) or ""
        if file and os.path.dirname(os.path.abspath(file)) == os.getcwd():
            return (
                f"{os.path.basename(file)} in this folder hides the package {name!r}: rename it or "
                "run `gradcheck` in place of `python -m gradcheck`"
            )
    return ""


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="gradcheck",
        description="Check gradients against a numerical derivative that knows its own error.",
        epilog="Exit codes: 0 all passed, 1 a failure, 2 a mistake in the command line or a case "
        "file, 3 a fault of gradcheck, 4 not measured, 5 nothing was compared, 130 interrupted.",
    )
    parser.add_argument("--version", action="version", version=f"gradcheck {__version__}")
    subparsers = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    for module in _commands():
        summary = (module.__doc__ or "").partition("\n")[0]
        name = module.__name__.rpartition(".")[2].rstrip("_")
        subparser = subparsers.add_parser(name, help=summary, description=summary)
        module.add_arguments(subparser)
        subparser.set_defaults(main=module.main)
    return parser


def _commands() -> list[ModuleType]:
    names = sorted(module.name for module in pkgutil.iter_modules(commands.__path__))
    return [importlib.import_module(f"{commands.__name__}.{name}") for name in names]
