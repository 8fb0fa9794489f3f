"""Operations at the edge: kinks, infinities, NaN, empty arrays, labels that are not there."""

import numpy as np
import pytest

import engine
from engine import OPERATIONS, Variable, grad, hessian, jvp, logsumexp

AWKWARD = {
    "nan": [3.0, np.nan, 2.0, 1.0],
    "all nan": [np.nan, np.nan],
    "rows": [[1.0, np.nan, 3.0], [np.nan] * 3, [4, 0, 1]],
    "infinite": [np.inf, 1.0, -np.inf],
    "nan and inf": [np.nan, -np.inf],
    "even": [4.0, 1, 2, 9],
    "ties": [2.0, 2.0, 1.0],
    "empty": [],
    "columns": np.ones((3, 0)),
    "number": 2.0,
    "integers": [[3, 1, 2], [5, 4, 9]],
    "boolean": [True, False, True, True],
    "half": np.float16([3, 1, 2, 4]),
    "single": np.float32([3, np.nan, 2, 4]),
    "complex": [1 + 2j, 3 - 1j, 0.5j],
}
REDUCTIONS = [
    *("median", "nanmedian", "nanmax", "nanmin", "nanmean", "nanvar", "nanstd", "nansum"),
    *("nanprod", "var", "std", "mean", "max", "ptp", "gradient"),
]
OPTIONS = [
    {},
    {"axis": 0},
    {"axis": -1},
    {"axis": (0, 1)},
    {"axis": (0, -1)},
    {"axis": 0, "keepdims": True},
    {"ddof": 1},
    {"axis": 0, "ddof": 2},
]


@pytest.mark.parametrize("options", OPTIONS, ids=str)
@pytest.mark.parametrize("name", REDUCTIONS)
@pytest.mark.filterwarnings("ignore::RuntimeWarning")  # of NumPy, on the mean of nothing
def test_of_awkward_arrays_the_values_are_numpys(name, options):
    reduction = getattr(np, name)
    for kind, entries in AWKWARD.items():
        x = np.array(entries)
        try:
            expected = reduction(x.copy(), **options)
        except Exception:  # NumPy takes no such array, or no such axis
            continue
        if isinstance(expected, tuple):
            continue
        rtol = 1e-3 if x.dtype == np.float16 else 1e-6
        found = reduction(Variable(x), **options).data
        np.testing.assert_allclose(found, expected, rtol=rtol, strict=True, err_msg=kind)


@pytest.mark.parametrize("f", [np.median, np.diff, np.nanmedian], ids=lambda f: f.__name__)
def test_an_axis_that_is_not_there_is_an_error(f):
    with pytest.raises(np.exceptions.AxisError):
        f(Variable(np.ones(3)), axis=1)


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@pytest.mark.parametrize("name", ["nanmax", "nanmin", "nanmean", "nanvar", "nanstd", "nanmedian"])
def test_a_slice_of_nan_or_of_equal_entries_spoils_no_other_gradient(name):
    x = Variable(np.array([[1.0, np.nan, 3.0], [np.nan] * 3, [2.0, 2.0, 2.0]]))
    engine.sum(OPERATIONS[name](x, axis=1)[[0, 2]]).backward()
    assert np.all(np.isfinite(x.grad))
    assert x.grad[0, 1] == 0


def slopes_at(f, x):
    """The derivative in both modes, and that of the derivative in both."""
    return (
        float(grad(f)(x)),
        float(jvp(f, x, 1.0)[1]),
        float(grad(grad(f))(x)),
        float(jvp(grad(f), x, 1.0)[1]),
    )


def one_sided(f, x, side, h=2.0**-20):
    here, there = (f(Variable(np.array(t))).data for t in (x, x + side * h))
    return side * float(there - here) / h


@pytest.mark.parametrize(
    ("f", "x"),
    [
        (engine.relu, 0.0),
        (engine.leaky_relu, 0.0),
        (engine.elu, 0.0),
        (lambda x: engine.elu(x, 0.5), 0.0),
        (lambda x: engine.elu(x, 3.0), 0.0),
        (np.abs, 0.0),
        (lambda x: np.clip(x, 0, 1), 0.0),
        (lambda x: np.clip(x, 0, 1), 1.0),
        (lambda x: np.clip(x, 1, 1), 1.0),
        (lambda x: np.clip(x, 2, 1), 1.0),
        (lambda x: np.clip(x, Variable(np.array(0.0)), 1), 0.0),
        (lambda x: np.maximum(x, 2 * x), 0.0),
        (lambda x: np.fmin(x, -x), 0.0),
        (lambda x: engine.max(engine.stack([x, 3 * x])), 0.0),
        (lambda x: engine.std(engine.stack([x, -x])), 0.0),
        (lambda x: np.hypot(x, 0.0), 0.0),
    ],
)
def test_at_a_kink_the_derivative_is_between_the_one_sided_slopes(f, x):
    below, above = sorted([one_sided(f, x, -1), one_sided(f, x, 1)])
    reverse, forward, *_ = slopes_at(f, x)
    assert below - 1e-5 <= reverse <= above + 1e-5
    assert forward == reverse


@pytest.mark.parametrize("alpha", [1.0, 0.5])
def test_elu_is_its_left_branch_at_zero_in_every_order(alpha):
    assert slopes_at(lambda x: engine.elu(x, alpha), 0.0) == (alpha,) * 4


def test_the_logarithm_of_a_sum_has_the_shares_of_its_limit():
    inf = np.inf
    for x, shares in [
        ([inf, 1.0, -inf], [1, 0, 0]),
        ([inf, inf, 0.0], [0.5, 0.5, 0]),
        ([-inf, -inf, -inf], [0, 0, 0]),
        ([-inf, 1.0, -inf], [0, 1, 0]),
    ]:
        np.testing.assert_array_equal(grad(logsumexp)(np.array(x)), shares)
        np.testing.assert_array_equal(hessian(logsumexp)(np.array(x)), np.zeros((3, 3)))
        for f in (np.logaddexp, np.logaddexp2):
            found = grad(f, (0, 1))(np.array(x[0]), np.array(x[1]))
            np.testing.assert_array_equal(found, shares[:2])


@pytest.mark.parametrize("power", [np.power, np.float_power])
def test_the_derivatives_of_a_power_by_base_and_exponent(power):
    def mixed(x, p):
        return float(grad(lambda p: grad(lambda x: power(x, p))(x))(p))

    assert mixed(2.0, 0.0) == 0.5  # x**(p - 1) (1 + p log(x))
    assert mixed(2.0, 1.0) == 1 + np.log(2.0)
    assert mixed(0.0, 2.0) == 0.0
    for p in (2.0, 1.0, 0.5):
        assert grad(grad(lambda p: power(Variable(np.array(0.0)), p)))(p) == 0.0


@pytest.mark.parametrize(("name", "base"), [("log2", 2), ("log10", 10)])
def test_extended_precision_is_that_of_constants_too(name, base):
    x = np.longdouble(3.0)
    np.testing.assert_array_equal(grad(OPERATIONS[name])(x), 1 / (np.log(np.longdouble(base)) * x))
    if base == 2:
        np.testing.assert_array_equal(grad(engine.exp2)(x), 8 * np.log(np.longdouble(2)))
    half_turn = 4 * np.arctan(np.longdouble(1))
    np.testing.assert_allclose(grad(np.deg2rad)(x), half_turn / 180, rtol=np.finfo(x).eps)


@pytest.mark.parametrize("wrong", [-1, 3, -100])
def test_a_class_that_is_not_there_is_an_error(wrong):
    x = Variable(np.zeros((2, 3)))
    with pytest.raises(IndexError, match=f"target class {wrong}: the 3 classes are 0 to 2"):
        engine.cross_entropy(x, np.array([0, wrong]))


def test_numpys_ways_to_call_clip_transpose_and_pad():
    x = np.array([[1.0, 5.0]])
    for call in (
        lambda x: np.clip(x, a_min=2, a_max=3),
        lambda x: np.clip(x, 2, a_max=3),
        lambda x: np.clip(x, min=2, max=3),
        lambda x: x.clip(2, 3),
        lambda x: np.transpose(x[0], 0),
        lambda x: np.pad(x, {-1: 2}),
        lambda x: np.pad(x, {0: (1, 0)}, constant_values=3.0),
        lambda x: np.pad(x, {1: 1}, mode="edge"),
    ):
        np.testing.assert_array_equal(call(Variable(x)).data, call(x), strict=True)
        assert grad(lambda x, call=call: engine.sum(call(x)))(x).shape == x.shape
    with pytest.raises(TypeError, match="'constant' takes no end_values"):
        np.pad(Variable(x), 1, end_values=3)
