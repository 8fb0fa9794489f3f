"""Sums of products by the names of their axes (Einstein's notation)."""

import numpy as np

from ..function import Operation
from ..recording import operation
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
    inputs, output, xs = _parsed(operands)
    lengths = _lengths(inputs, xs)
    pairs = [_with_letters_once(axes, x, lengths) for axes, x in zip(inputs, xs, strict=True)]
    for k, (axes, x) in enumerate(pairs):
        shared = output + "".join(other for i, (other, _) in enumerate(pairs) if i != k)
        pairs[k] = _without_letters_alone(axes, x, shared)
    return Einsum(tuple([axes for axes, _ in pairs]), output)(*[x for _, x in pairs])


def _with_letters_once(axes, x, lengths):
    """An input without repeated letters, and without axes of length 1 that broadcast."""
    if len(set(axes)) < len(axes):
        once = "".join(dict.fromkeys(axes))
        x, axes = rearranged(x, lambda x, formula=f"{axes}->{once}": np.einsum(formula, x)), once
    shape = np.shape(x)
    kept = [i for i, letter in enumerate(axes) if shape[i] != 1 or lengths[letter] == 1]
    if len(kept) < len(axes):
        x, axes = np.reshape(x, [shape[i] for i in kept]), "".join(axes[i] for i in kept)
    return axes, x


def _without_letters_alone(axes, x, shared):
    """An input summed over the letters that stand nowhere else."""
    alone = tuple([i for i, letter in enumerate(axes) if letter not in shared])
    if alone:
        x, axes = np.sum(x, alone), "".join(letter for letter in axes if letter in shared)
    return axes, x


def _lengths(inputs, xs):
    lengths: dict[str, int] = {}
    for axes, x in zip(inputs, xs, strict=True):
        if len(axes) != np.ndim(x):
            raise ValueError(f"einsum: {axes!r} names {len(axes)} axes of an array of {np.ndim(x)}")
        for letter, n in zip(axes, np.shape(x), strict=True):
            if lengths.setdefault(letter, n) == 1:
                lengths[letter] = n
    return lengths


def _parsed(operands):
    """The letters of each input, those of the output, and the inputs, every `...` spelt out."""
    if not isinstance(operands[0], str):
        operands = _from_lists(operands)
    formula, *xs = operands
    formula = formula.replace(" ", "")
    left, arrow, output = formula.partition("->")
    inputs = left.split(",")
    if len(inputs) != len(xs):
        raise ValueError(f"einsum: {formula!r} names {len(inputs)} inputs, {len(xs)} were given")
    free = [letter for letter in _LETTERS if letter not in formula]
    widths = [np.ndim(x) - len(t.replace("...", "")) for t, x in zip(inputs, xs, strict=True)]
    widest = max([w for w, t in zip(widths, inputs, strict=True) if "..." in t], default=0)
    dots = "".join(free[:widest])
    inputs = [
        t.replace("...", dots[len(dots) - w :]) if "..." in t else t
        for t, w in zip(inputs, widths, strict=True)
    ]
    if not arrow:
        once = sorted(c for c in set(left) - set(".,") if left.count(c) == 1)
        output = "..." + "".join(once)
    return inputs, output.replace("...", dots), xs


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
