"""Engines as learners write them, with the mistakes that learners make."""

from pathlib import Path

HERE = Path(__file__).parent


def engine(name: str) -> str:
    """Return the name of one of them as the command line takes it."""
    return str(HERE / f"{name}.py")
