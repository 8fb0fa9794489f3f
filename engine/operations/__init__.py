"""The operations, one theme a file. Importing this package imports every file in it."""

from importlib import import_module
from pkgutil import iter_modules

THEMES = [import_module(f".{m.name}", __name__) for m in iter_modules(__path__)]
