"""What a serving process prints does not come between its answers."""

import subprocess
import sys

SERVING = """\
import os
from gradcheck.executors.channel import taken

requests, answers = taken()
print("these are its last words")
try:
    input()
except EOFError:
    print("nobody is there to be asked")
answers.write(requests.readline().upper())
answers.flush()
os._exit(0)
"""


def test_requests_and_answers_are_apart_from_what_is_printed():
    done = subprocess.run(
        [sys.executable, "-c", SERVING], input=b"a request\n", capture_output=True, check=True
    )
    assert done.stdout == b"A REQUEST\n"
    assert done.stderr.decode().splitlines() == [
        "these are its last words",
        "nobody is there to be asked",
    ]
