from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from gradcheck.inputs import InputTooLarge, make, nbytes
from gradcheck.inputs.primals import literal
from gradcheck.vocabulary import Case, Generator, Input, Place


def case_of(slug: str = "c", symbols: dict[str, Any] | None = None, **inputs: Input) -> Case:
    return Case(slug, Place("a.yaml"), inputs, symbols=symbols or {})


def generated(*shape: int, **keys: Any) -> Input:
    own = {key: keys.pop(key) for key in ("dtype", "layout") if key in keys}
    return Input(generator=Generator(shape, **keys), **own)


def drawn(declared: Input, seed: int = 0) -> np.ndarray[Any, Any]:
    return make(case_of(x=declared), seed)["x"]


# ---------------------------------------------------------------- seeds


def test_a_point_is_the_same_again_and_moved() -> None:
    case = case_of(x=generated(5))
    moved = replace(case, place=Place("elsewhere/b.yaml", 7, 3), engines=("torch",))
    assert np.array_equal(make(case, 0)["x"], make(moved, 0)["x"])


@pytest.mark.parametrize(
    "other",
    [
        case_of("d", x=generated(5)),
        case_of(symbols={"n": 2}, x=generated(5)),
        case_of(symbols={"m": 1}, x=generated(5)),
    ],
)
def test_slug_and_symbols_change_the_point(other: Case) -> None:
    case = case_of(symbols={"n": 1}, x=generated(5))
    assert not np.array_equal(make(case, 0)["x"], make(other, 0)["x"])


def test_the_seed_and_the_name_change_the_point() -> None:
    points = make(case_of(x=generated(5), y=generated(5)), 0)
    assert not np.array_equal(points["x"], points["y"])
    assert not np.array_equal(points["x"], drawn(generated(5), seed=1))


def test_an_input_is_the_same_whatever_stands_beside_it() -> None:
    assert np.array_equal(
        make(case_of(y=generated(3), x=generated(5)), 0)["x"], drawn(generated(5))
    )


@pytest.mark.parametrize("distribution", ["normal", "log_uniform", "positive"])
def test_float32_sees_the_point_of_float64_rounded(distribution: str) -> None:
    points = [
        make(
            case_of(
                symbols={"n": 5, "dtype": dtype, "layout": layout},
                x=generated(5, distribution=distribution, dtype=dtype, layout=layout),
            ),
            3,
        )["x"]
        for dtype, layout in [("float32", "strided"), ("float64", "contiguous")]
    ]
    assert points[0].dtype == np.float32
    assert np.array_equal(points[0], points[1].astype(np.float32))


def test_a_complex_point_has_the_real_one_as_its_real_part() -> None:
    x = drawn(generated(5, dtype="complex128"))
    assert np.array_equal(x.real, drawn(generated(5)))
    assert np.all(x.imag != 0)


def test_an_explicit_seed_stands_alone() -> None:
    x = drawn(generated(5, seed=7), seed=1)
    other = case_of("d", symbols={"n": 1}, y=generated(5, seed=7))
    assert np.array_equal(x, make(other, 2)["y"])


def test_seeds_are_what_they_were() -> None:
    """A stored point: a change here moves every point of every case."""
    x = make(case_of(symbols={"n": 2}, x=generated(2)), 0)["x"]
    assert x == pytest.approx([0.604508175474788, 1.0127042430766415], rel=1e-12)


# ---------------------------------------------------------------- literals


@pytest.mark.parametrize(
    ("data", "dtype"),
    [
        (3, "float64"),
        ([[1, 2], [3, 4]], "float32"),
        (2**62 + 1, "int64"),
        (True, "bool"),
        ([1 + 2j], "complex64"),
        ([], "float64"),
        (0.1, "longdouble"),
    ],
)
def test_literals_are_arrays_of_their_dtype(data: Any, dtype: str) -> None:
    x = literal(data, dtype)
    assert (x.dtype, x.tolist()) == (np.dtype(dtype), np.array(data, dtype).tolist())


@pytest.mark.parametrize(
    ("data", "dtype", "message"),
    [
        (1.5, "int64", "1.5 does not fit int64"),
        (300, "uint8", "300 does not fit uint8"),
        (-1, "uint64", "-1 does not fit uint64"),
        (2**70, "int64", "does not fit int64"),
        (1e5, "float16", "100000.0 does not fit float16"),
        (10**400, "float64", "does not fit float64"),
        (float("nan"), "int64", "nan does not fit int64"),
        (2, "bool", "2 does not fit bool"),
        (1 + 2j, "float64", "not an array of numbers"),
        ([[1], 2], "float64", "not an array of numbers"),
        ("abc", "float64", "not an array of numbers"),
    ],
)
def test_numbers_that_do_not_fit_are_told(data: Any, dtype: str, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        literal(data, dtype)


def test_infinities_and_nans_are_numbers() -> None:
    assert np.array_equal(literal([np.inf, np.nan], "float32"), [np.inf, np.nan], equal_nan=True)


# ---------------------------------------------------------------- where points lie


@pytest.mark.parametrize("dtype", ["float64", "complex128"])
def test_domain_avoid_and_margin_are_kept(dtype: str) -> None:
    declared = generated(
        5000, domain=(-1.0, 2.0), avoid=(0.0, 1.0), margin=0.25, scale=2.0, dtype=dtype
    )
    x = drawn(declared).real
    assert np.all((x > -1.0) & (x < 2.0))
    assert np.all((np.abs(x) >= 0.25) & (np.abs(x - 1.0) >= 0.25))
    assert np.any(x < -0.9)
    assert np.any(x > 1.9)


def test_the_margin_has_a_default() -> None:
    assert np.abs(drawn(generated(5000, avoid=(0.0,)))).min() >= 0.1


def test_an_open_domain() -> None:
    assert drawn(generated(1000, domain=(0.5, None))).min() > 0.5


def test_a_domain_that_is_never_met_is_an_error_not_a_hang() -> None:
    with pytest.raises(ValueError, match="no point after 100 draws: normal hardly ever falls"):
        drawn(generated(5, domain=(100.0, None)))


# ---------------------------------------------------------------- size and layout


def test_sizes_are_known_before_anything_is_made() -> None:
    case = case_of(x=generated(10**6, 10**6), y=generated(3, dtype="float32"), z=Input([[1, 2]]))
    assert nbytes(case) == 8 * 10**12 + 12 + 16
    with pytest.raises(
        InputTooLarge, match=r"8,000,000,000,028 bytes, more than the 1,073,741,824 allowed: x \("
    ):
        make(case, 0)


def test_an_empty_shape_that_no_array_can_have_is_too_large() -> None:
    with pytest.raises(InputTooLarge):
        make(case_of(x=generated(0, 2**62)), 0)


def test_the_limit_is_the_callers() -> None:
    case = case_of(x=generated(100))
    assert make(case, 0, limit=800)["x"].shape == (100,)
    with pytest.raises(InputTooLarge):
        make(case, 0, limit=799)


@pytest.mark.parametrize("shape", [(), (0,), (3,), (4, 5), (2, 3, 4)])
@pytest.mark.parametrize("layout", ["contiguous", "fortran", "strided", "readonly"])
def test_layouts_hold_the_same_numbers(layout: str, shape: tuple[int, ...]) -> None:
    x = drawn(generated(*shape, layout=layout))
    assert isinstance(x, np.ndarray)
    assert x.shape == shape
    assert np.array_equal(x, drawn(generated(*shape)))
    assert x.flags.writeable is (layout != "readonly")


def test_layouts_are_what_they_say() -> None:
    assert drawn(generated(4, 5)).flags.c_contiguous
    assert drawn(generated(4, 5, layout="fortran")).flags.f_contiguous
    strided = drawn(generated(4, 5, layout="strided"))
    assert not strided.flags.c_contiguous
    assert not strided.flags.f_contiguous
    assert strided.strides == (80, 16)


def test_literals_have_layouts_too() -> None:
    assert drawn(Input([[1, 2], [3, 4]], layout="fortran")).flags.f_contiguous
    assert not drawn(Input([1, 2], layout="readonly")).flags.writeable
