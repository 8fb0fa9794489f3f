"""How the text of a Python file says that it imports this package."""

import re

# All repetitions are possessive, so that no file can make the search take more than linear time.
IMPORTS_US = re.compile(
    rb"""
    ^ [ \t]*+ (?:
        from [ \t]++
        | import [ \t]++ (?: (?!gradcheck\b) [\w.\ \t]++ , [ \t]*+ )*+
    ) gradcheck\b""",
    re.MULTILINE | re.VERBOSE,
)
