"""The operations' names across frameworks: one table, over formulas for what has no name there.

Names that are the array API's own, or NumPy's, come from a framework's namespace as they are; a
framework's own rule is preferred to a formula, for it is the rule that is to be checked.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping
from typing import Any

from gradcheck.adapters import formulas
from gradcheck.adapters.formulas import FORMULAS

# The array API's names, with the array API's arguments.
STANDARD = frozenset(
    [
        "exp", "expm1", "log", "log1p", "log2", "log10", "sqrt", "square",
        "sin", "cos", "tan", "asin", "acos", "atan", "atan2", "sinh",
        "cosh", "tanh", "abs", "sign", "maximum", "minimum", "clip", "where",
        "sum", "mean", "prod", "max", "min", "var", "std", "cumulative_sum",
        "reshape", "squeeze", "expand_dims", "flip", "roll", "concat", "stack", "matmul",
        "tensordot",
    ]
)  # fmt: skip

# Python's operators, which every framework has on its arrays.
OPERATORS: Mapping[str, Callable[..., Any]] = {
    "add": operator.add,
    "sub": operator.sub,
    "mul": operator.mul,
    "div": operator.truediv,
    "neg": operator.neg,
    "pow": operator.pow,
    "getitem": operator.getitem,
}

_F = "nn.functional."

# Where a framework has the operation under a name of its own, or in another notation.
OWN_NAMES: Mapping[str, Mapping[str, str | Callable[..., Any]]] = {
    #                  torch                              jax
    # autograd's own rule knows no new leading axes.
    "broadcast_to": {"torch": "broadcast_to", "jax": "numpy.broadcast_to"},
    "flatten": {"torch": "flatten", "jax": "numpy.ravel", "autograd": "numpy.ravel"},
    "relu": {"torch": "relu", "jax": "nn.relu"},
    "leaky_relu": {"torch": _F + "leaky_relu", "jax": "nn.leaky_relu"},
    "elu": {"torch": _F + "elu", "jax": "nn.elu"},
    "gelu": {"torch": _F + "gelu", "jax": formulas.jax_gelu},
    "sigmoid": {"torch": "sigmoid", "jax": "nn.sigmoid"},
    "silu": {"torch": _F + "silu", "jax": "nn.silu"},
    "softplus": {"torch": _F + "softplus", "jax": "nn.softplus"},
    "softmax": {"torch": "softmax", "jax": "nn.softmax"},
    "log_softmax": {"torch": "log_softmax", "jax": "nn.log_softmax"},
    "cross_entropy": {"torch": _F + "cross_entropy"},
    "mse_loss": {"torch": _F + "mse_loss"},
    "layer_norm": {"torch": _F + "layer_norm"},
    "batch_norm": {"torch": _F + "batch_norm"},
    "scaled_dot_product_attention": {"torch": _F + "scaled_dot_product_attention"},
    "conv1d": {"torch": _F + "conv1d", "jax": formulas.jax_convolution},
    "conv2d": {"torch": _F + "conv2d", "jax": formulas.jax_convolution},
    "avg_pool1d": {"torch": _F + "avg_pool1d", "jax": formulas.jax_avg_pool},
    "avg_pool2d": {"torch": _F + "avg_pool2d", "jax": formulas.jax_avg_pool},
    "max_pool1d": {"torch": _F + "max_pool1d", "jax": formulas.jax_max_pool},
    "max_pool2d": {"torch": _F + "max_pool2d", "jax": formulas.jax_max_pool},
    "logsumexp": {"jax": "nn.logsumexp", "autograd": "scipy.special.logsumexp"},
    "einsum": {"torch": "einsum", "jax": "numpy.einsum", "autograd": "numpy.einsum"},
    "erf": {"torch": "erf", "jax": "scipy.special.erf", "autograd": "scipy.special.erf"},
    "asin": {"autograd": "numpy.arcsin"},
    "acos": {"autograd": "numpy.arccos"},
    "atan": {"autograd": "numpy.arctan"},
    "atan2": {"autograd": "numpy.arctan2"},
    "asinh": {"autograd": "numpy.arcsinh"},
    "acosh": {"autograd": "numpy.arccosh"},
    "atanh": {"autograd": "numpy.arctanh"},
    "concat": {"autograd": "numpy.concatenate"},
    "cumulative_sum": {"autograd": "numpy.cumsum"},
    "permute_dims": {"autograd": "numpy.transpose"},
    "power": {"torch": "pow"},
    "cross": {"torch": "linalg.cross"},
    "rint": {"torch": "round"},
    "radians": {"torch": "deg2rad"},
    "degrees": {"torch": "rad2deg"},
    "append": {"torch": formulas.append},
    "average": {"torch": formulas.average},
    "block": {"torch": formulas.block},
    "split": {"torch": formulas.array_split},
    "array_split": {"torch": formulas.array_split},
    "ptp": {"torch": formulas.ptp},
    "var": {"torch": formulas.var},
    "std": {"torch": formulas.std},
    "median": {"torch": formulas.median},
    "gradient": {"torch": formulas.gradient},
    "select": {"torch": formulas.select},
    "pad": {"torch": formulas.pad},
    "diag": {"torch": formulas.diag},
    "tril": {"torch": formulas.tril},
    "triu": {"torch": formulas.triu},
    "rollaxis": {"torch": formulas.rollaxis},
    "extract": {"torch": formulas.extract},
    "compress": {"torch": formulas.compress},
}  # fmt: skip

NAMES = frozenset([*STANDARD, *OPERATORS, *FORMULAS, *OWN_NAMES])
