"""Right gradients that checkers in use reject: functions as the frameworks differentiate them."""

from __future__ import annotations

import numpy as np

from tests.power.checkers import Offer
from tests.power.published.record import Record, of_function

X = (0.5, 1.0, -2.0, 0.25, 3.0)
X32 = np.array(X, np.float32)


def expanded(bug: bool) -> Offer:
    """An input whose entries are one number in memory."""
    import torch

    x = torch.ones(1, dtype=torch.float64).expand(3).requires_grad_()
    return Offer("torch", torch.sin, (x,))


def dropout(bug: bool) -> Offer:
    """A random forward, which starts from the same state in every call of a checker of ours."""
    import torch

    x = torch.linspace(1, 2, 6, dtype=torch.float64).requires_grad_()
    return Offer("torch", lambda x: torch.nn.functional.dropout(x, 0.5), (x,))


RIGHT: tuple[Record, ...] = (
    of_function("sin in float32", "DCNv2 13, extension-cpp 42", lambda xp, x: xp.sin(x), X32),
    of_function("sum(sin(x)) + 1000 in float32", "ChainRulesTestUtils 285",
                lambda xp, x: xp.sum(xp.sin(x)) + 1000, X32),
    of_function("sin in float16", "jax PR 39821", lambda xp, x: xp.sin(x), X32.astype(np.float16)),
    of_function("sin(x) + 1e10", "jax-gcm 820", lambda xp, x: xp.sin(x) + 1e10, X),
    of_function("sqrt at 1e-7", "StatsFuns PR 215", lambda xp, x: xp.sqrt(x), [1e-7, 2e-7]),
    of_function("log at 1e-9", "Mooncake 765", lambda xp, x: xp.log(x), [1e-9, 3e-9]),
    of_function("2 x at 1e11", "tesseract-core 706", lambda xp, x: 2 * x, [1e11, 3e11]),
    of_function("sin(1e6 x)", "tesseract-core 713", lambda xp, x: xp.sin(1e6 * x), X),
    of_function("sort 1e-7 away from a tie", "pytorch PR 56279", lambda xp, x: xp.sort(x),
                [1.0, 1.0 + 1e-7, 2.0]),
    Record("an expanded input", "pytorch 38586, 12285", {"torch": expanded}, twin=False),
    Record("dropout", "pytorch 114333", {"torch": dropout}, twin=False),
)  # fmt: skip
