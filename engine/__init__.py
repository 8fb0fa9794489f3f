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
from typing import TYPE_CHECKING, Any

from . import operations as _operations
from .drawing import draw
from .function import Function, debug
from .function import Operation as _Operation
from .modes import no_grad, without_collector
from .pullback import SecondOrderError
from .transforms import grad, hessian, hvp, jacobian, jvp, value_and_grad, vjp
from .variable import OPERATIONS as _ENTERED
from .variable import Variable, as_array

OPERATIONS: Mapping[str, Callable[..., Any]] = MappingProxyType(_ENTERED)

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

if TYPE_CHECKING:  # the operations are entered by their own files

    def __getattr__(name: str) -> Any: ...
