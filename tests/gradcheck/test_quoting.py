"""Text of users in shells and terminals."""

import shutil
import subprocess

import pytest

from gradcheck.quoting import printable, quoted

HARD = ["plain", "two words", "$HOME", "`id`", 'a "b" c', r"back\slash\\", "wow!!", "it's", "a\nb"]
SHELLS = [["sh", "-c"], ["bash", "-c"], ["bash", "-H", "-c"]]
BASH = pytest.mark.skipif(not shutil.which("bash"), reason="needs a POSIX shell")


@BASH
@pytest.mark.parametrize("text", HARD)
@pytest.mark.parametrize("shell", SHELLS, ids=["sh", "bash", "history"])
def test_a_shell_gives_back_what_was_quoted(text, shell):
    command = f"printf %s {quoted(text)}"
    done = subprocess.run([*shell, command], capture_output=True, text=True, check=True)
    assert done.stdout == text


def test_plain_text_stands_in_double_quotes():
    assert quoted("cases/a.yaml::b[8-float32]") == '"cases/a.yaml::b[8-float32]"'


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("\x1b[2Jgone", "\\x1b[2Jgone"),
        ("a\rb", "a\\rb"),
        ("bell\x07", "bell\\x07"),
        ("\u202eright to left", "\\u202eright to left"),
        ("two\nlines", "two\nlines"),
        ("caf\u00e9", "caf\u00e9"),
    ],
)
def test_control_characters_are_shown_and_not_sent(text, shown):
    assert printable(text) == shown
