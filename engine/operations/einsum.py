"""Sums of products by the names of their axes (Einstein's notation)."""

import functools
from typing import NamedTuple

import numpy as np

from ..function import Operation
from ..recording import operation, values
from .rearrangement import rearranged

_LETTERS = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"


class Einsum(Operation):
    """A sum of products whose inputs have each letter once, and none that is theirs alone.

    Then the gradient of an input is such a sum itself: of gy and the other inputs.
    """

    def __init__(self, inputs=(), output=""):
        self.inputs_letters = inputs
        self.output_letters = output

    def forward(self, *xs):
        formula = f"{','.join(self.inputs_letters)}->{self.output_letters}"
        return _summed(formula, *xs)

    def rule(self, gy, y, *xs):
        return tuple([self._of_others(gy, xs, k) for k in range(len(xs))])

    def _of_others(self, gy, xs, k):
        """The gradient of input k."""
        others = [i for i in range(len(xs)) if i != k]
        letters = [self.output_letters, *(self.inputs_letters[i] for i in others)]
        formula = f"{','.join(letters)}->{self.inputs_letters[k]}"
        return _summed(formula, gy, *[xs[i] for i in others])


def _summed(formula, *xs):
    """NumPy's einsum; finding an order, or a product of matrices, pays when there is much to do."""
    return np.einsum(formula, *xs, optimize=len(xs) > 2 or xs[0].size > 1000)


@operation(
    np.einsum,
    examples=(
        "einsum('ij,jk->ik', a, m)",
        "einsum('ij,jk', a, m)",
        "einsum('ij,ij->', a, b)",
        "einsum('ii', m)",
        "einsum('ii->i', m)",
        "einsum('ij->j', a)",
        "einsum('ij->ji', a)",
        "einsum('i,j', u, v)",
        "einsum('...ij,...jk->...ik', t, p)",
        "einsum('i...,i...->...', row, x)",
        "einsum('ij,jk,kl->il', a, m, m)",
        "einsum('ij,ij->ij', col, a)",
        "einsum(a, [0, 1], m, [1, 2], [0, 2])",
        "einsum('...,...', s, x)",
        "einsum('ii,ij->j', m, m)",
    ),
)
def einsum(*operands, optimize=None):
    """The sum of products that the letters say: einsum('ij,jk->ik', a, b) is a @ b.

    operands: the formula and the arrays, or each array with the list of its axes' numbers and at
    last the output's, as in NumPy; `...` stands for axes that broadcast.
    """
    formula, *xs = operands if isinstance(operands[0], str) else _from_lists(operands)
    steps, output = _planned(formula, tuple([np.shape(values(x)) for x in xs]))
    xs = [_prepared(x, step) for x, step in zip(xs, steps, strict=True)]
    return Einsum(tuple([step.letters for step in steps]), output)(*xs)


class Step(NamedTuple):
    """How an input gets each of its letters once, and none that stands nowhere else."""

    once: str  # the formula of a diagonal, if letters are repeated
    shape: tuple[int, ...] | None  # without axes of length 1 that broadcast, if there are such
    alone: tuple[int, ...]  # the axes to sum over
    letters: str  # of the axes that are left


def _prepared(x, step):
    if step.once:
        x = rearranged(x, lambda x: np.einsum(step.once, x))
    if step.shape is not None:
        x = np.reshape(x, step.shape)
    return np.sum(x, step.alone) if step.alone else x


@functools.lru_cache(1000)  # to read a formula takes as long as to compute with small arrays
def _planned(formula, shapes):
    """The step of each input, and the output's letters."""
    inputs, output = _parsed(formula, shapes)
    lengths = _lengths(inputs, shapes)
    kept = [
        "".join(c for c, n in dict(zip(t, shape, strict=True)).items() if n != 1 or lengths[c] == 1)
        for t, shape in zip(inputs, shapes, strict=True)
    ]
    steps = []
    for k, (letters, left) in enumerate(zip(inputs, kept, strict=True)):
        shared = output + "".join(kept[:k] + kept[k + 1 :])
        steps.append(_step(letters, left, shared, lengths))
    return steps, output


def _step(letters, kept, shared, lengths):
    """The step from an input's `letters` to those of `kept` that are among `shared`."""
    once = "".join(dict.fromkeys(letters))
    return Step(
        f"{letters}->{once}" if once != letters else "",
        tuple([lengths[c] for c in kept]) if kept != once else None,
        tuple([i for i, c in enumerate(kept) if c not in shared]),
        "".join(c for c in kept if c in shared),
    )


def _lengths(inputs, shapes):
    lengths: dict[str, int] = {}
    for letters, shape in zip(inputs, shapes, strict=True):
        if len(letters) != len(shape):
            raise ValueError(
                f"einsum: {letters!r} names {len(letters)} axes of an array of {len(shape)}"
            )
        for letter, n in zip(letters, shape, strict=True):
            if lengths.setdefault(letter, n) == 1:
                lengths[letter] = n
    return lengths


def _parsed(formula, shapes):
    """The letters of each input and those of the output, every `...` spelt out."""
    formula = formula.replace(" ", "")
    left, arrow, output = formula.partition("->")
    inputs = left.split(",")
    if len(inputs) != len(shapes):
        raise ValueError(
            f"einsum: {formula!r} names {len(inputs)} inputs, {len(shapes)} were given"
        )
    free = [letter for letter in _LETTERS if letter not in formula]
    widths = [len(n) - len(t.replace("...", "")) for t, n in zip(inputs, shapes, strict=True)]
    widest = max([w for w, t in zip(widths, inputs, strict=True) if "..." in t], default=0)
    dots = "".join(free[:widest])
    inputs = [
        t.replace("...", dots[len(dots) - w :]) if "..." in t else t
        for t, w in zip(inputs, widths, strict=True)
    ]
    if not arrow:
        once = sorted(c for c in set(left) - set(".,") if left.count(c) == 1)
        output = "..." + "".join(once)
    return inputs, output.replace("...", dots)


def _from_lists(operands):
    """Arrays and lists of numbers in turn, as a formula and arrays."""
    operands = list(operands)
    output = operands.pop() if len(operands) % 2 else None
    numbers = sorted({n for axes in [*operands[1::2], output or []] for n in axes if n is not ...})
    letter = {**dict(zip(numbers, _LETTERS, strict=False)), ...: "..."}
    formula = ",".join("".join(letter[n] for n in axes) for axes in operands[1::2])
    if output is not None:
        formula += "->" + "".join(letter[n] for n in output)
    return formula, *operands[::2]
