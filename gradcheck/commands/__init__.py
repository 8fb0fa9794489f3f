"""The subcommands: one file each, with `add_arguments`, `main` and a first line of help.

What a command needs is imported when it runs: `--help` must not load NumPy.
"""
