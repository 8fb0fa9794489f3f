"""Which Python files are read as case files."""

import time

import pytest

from gradcheck.imports import IMPORTS_US


@pytest.mark.parametrize(
    "text",
    [
        "import gradcheck",
        "import gradcheck as gc",
        "import gradcheck.api",
        "import gradcheck, numpy",
        "import numpy, gradcheck",
        "import numpy as np, os.path,gradcheck as gc",
        "from gradcheck import (case)",
        "from gradcheck import case as declare",
        "from gradcheck.api import case",
        "import numpy\ntry:\n    import gradcheck\nexcept ImportError:\n    pass",
        "import numpy\r\nimport gradcheck\r\n",
    ],
)
def test_every_way_to_import_us_is_seen(text):
    assert IMPORTS_US.search(text.encode())


@pytest.mark.parametrize(
    "text",
    ["import gradcheckers", "from torch.autograd import gradcheck", "# import gradcheck",
     "import torch.autograd.gradcheck", "'import numpy, gradcheck'", "from a import b, gradcheck"],
)  # fmt: skip
def test_what_only_looks_like_it_is_left_alone(text):
    assert not IMPORTS_US.search(text.encode())


@pytest.mark.parametrize("text", [b"import " + b"a," * 10**6, b"\n" * 10**6, b"import " * 10**5])
def test_a_long_file_takes_linear_time(text):
    start = time.perf_counter()
    assert not IMPORTS_US.search(text)
    assert time.perf_counter() - start < 2
