"""A small define-by-run autograd on NumPy arrays.

>>> x = Variable(np.array(0.5))
>>> y = triple(exp(square(x)))
>>> y.backward()
>>> x.grad
array(6.35100005)

The operations (`OPERATIONS`, by name) and their Function classes are attributes of this package.
"""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

from . import operations as _operations
from .drawing import draw
from .function import Function, debug
from .function import Operation as _Operation
from .modes import no_grad, without_collector
from .pullback import SecondOrderError
from .refusals import refuse_the_rest as _refuse_the_rest
from .transforms import grad, hessian, hvp, jacobian, jvp, value_and_grad, vjp
from .variable import OPERATIONS as _ENTERED
from .variable import Variable, as_array

OPERATIONS: Mapping[str, Callable[..., Any]] = MappingProxyType(_ENTERED)

_refuse_the_rest(Variable, OPERATIONS)

_CLASSES = {
    name: value
    for theme in _operations.THEMES
    for name, value in vars(theme).items()
    if isinstance(value, type) and issubclass(value, _Operation) and value is not _Operation
}

globals().update(OPERATIONS)
globals().update(_CLASSES)

__all__ = [
    "OPERATIONS",
    "Function",
    "SecondOrderError",
    "Variable",
    "as_array",
    "debug",
    "draw",
    "grad",
    "hessian",
    "hvp",
    "jacobian",
    "jvp",
    "no_grad",
    "value_and_grad",
    "vjp",
    "without_collector",
    *OPERATIONS,
    *_CLASSES,
]


def __getattr__(name: str) -> Any:
    """An operation entered since the import, by a file that is not of this package."""
    if name in OPERATIONS:
        return OPERATIONS[name]
    from difflib import get_close_matches  # 3 ms that only an error needs

    near = get_close_matches(name, __all__, n=1)
    raise AttributeError(
        f"module {__name__!r} has no attribute {name!r}"
        + (f"; did you mean {near[0]!r}?" if near and not name.startswith("_") else "")
    )
