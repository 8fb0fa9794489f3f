import math

import numpy as np
import pytest

from gradcheck.numeric.line import CHUNK, FSUM_LIMIT, Line, OutOfBudget, exact_sum


def line(f, x, u, y_bar=None, budget=150):
    return Line(f, (np.asarray(x),), (np.asarray(u),), y_bar if y_bar is None else (y_bar,), budget)


@pytest.mark.parametrize("size", [0, 1, 7, FSUM_LIMIT, FSUM_LIMIT + 1, 10 * FSUM_LIMIT + 3])
def test_sums_are_as_good_as_exact(size):
    rng = np.random.default_rng(size)
    terms = rng.standard_normal(size) * 10.0 ** rng.uniform(-8, 8, size)
    expected = math.fsum(terms.tolist())
    assert exact_sum(terms) == pytest.approx(expected, rel=4e-16, abs=0)


def test_sums_survive_cancellation():
    rng = np.random.default_rng(0)
    half = rng.standard_normal(5000) * 1e12
    terms = rng.permutation(np.concatenate([half, -half, [1.0]]))
    assert exact_sum(terms) == pytest.approx(1.0, abs=1e-12)
    assert abs(terms.sum() - 1.0) > 1e-6  # or the test could not fail


def test_sums_keep_longdouble():
    tiny = np.finfo(np.longdouble).eps
    terms = np.array([1, tiny, -1], dtype=np.longdouble)
    assert exact_sum(terms) == tiny


@pytest.mark.parametrize("terms", [[np.inf, -np.inf], [np.nan, 1.0], [np.inf, 1.0], [1e308, 1e308]])
def test_a_sum_that_is_not_finite_is_nan(terms):
    with np.errstate(all="ignore"):
        assert math.isnan(exact_sum(np.array(terms)))


def test_each_point_is_evaluated_once():
    calls = []
    sampled = line(lambda x: calls.append(x) or np.sin(x), 0.5, 1.0)
    for _ in range(3):
        sampled.sample(0.25)
    assert sampled.evaluations == len(calls) == 2
    assert calls[1] == 0.75


def test_an_exhausted_budget_is_told_before_anything_is_evaluated():
    sampled = line(np.sin, 0.5, 1.0, budget=3)
    with pytest.raises(OutOfBudget):
        sampled.reserve([0.1, 0.2, 0.3])
    assert sampled.evaluations == 1
    sampled.reserve([0.1, 0.2])
    sampled.sample(0.1)
    sampled.sample(0.2)
    with pytest.raises(OutOfBudget):
        sampled.sample(0.3)


def test_a_large_offset_cancels_before_it_is_summed():
    x, y_bar = np.full(1000, 0.5), np.ones(1000)
    change = line(lambda x: x + 2.0**30, x, np.ones(1000), y_bar).sample(0.25).change
    assert change == 250.0


def test_outputs_are_weighed_by_their_cotangents():
    f = lambda x: (np.array([x, 2 * x]), 3 * x)  # noqa: E731
    y_bars = (np.array([1.0, 10.0]), np.array(100.0))
    sampled = Line(f, (np.array(1.0),), (np.array(1.0),), y_bars, 10)
    assert sampled.sample(0.5).change == 0.5 * (1 + 20 + 300)
    assert sampled.sample(0.5).magnitude == 1.5 * (1 + 20 + 300)


def test_complex_outputs_pair_as_the_real_part_of_the_conjugate_product():
    y_bar = np.array([2 + 3j, 1 - 1j])
    z, u = np.array([1 + 1j, 2 - 1j]), np.array([1j, 1 + 2j])
    change = line(lambda z: z, z, u, y_bar).sample(0.5).change
    assert change == (np.conj(y_bar) * u).sum().real / 2


def test_a_real_output_meets_the_real_part_of_a_complex_cotangent():
    assert line(lambda x: x, [1.0, 2.0], [1.0, 1.0], np.array([2 + 5j, 1j])).sample(1.0).change == 2


@pytest.mark.parametrize("dtype", [np.float32, np.float16, np.float64, np.longdouble])
def test_inputs_move_in_their_own_dtype(dtype):
    seen = []
    sampled = line(lambda x: seen.append(x.dtype) or x.sum(), np.ones(3, dtype), np.ones(3))
    sampled.sample(0.25)
    assert set(seen) == {np.dtype(dtype)}
    assert sampled.eps == np.finfo(dtype).eps


def test_eps_is_that_of_the_output_when_it_is_coarser():
    assert line(lambda x: x.astype(np.float32), [1.0], [1.0], np.ones(1)).eps == 2.0**-23


def test_inputs_without_a_tangent_stay_and_may_be_integers():
    f = lambda x, n: x * n  # noqa: E731
    sampled = Line(f, (np.array(2.0), np.array(3)), (np.array(1.0), None), None, 5)
    assert sampled.sample(1.0).change == 3.0


def test_a_function_that_returns_its_buffer_is_not_fooled():
    buffer = np.zeros(2)

    def f(x):
        buffer[:] = x
        return buffer

    assert line(f, [1.0, 2.0], [1.0, 1.0], np.ones(2)).sample(0.5).change == 1.0


def test_elements_that_do_not_move_add_no_rounding():
    f = lambda x: np.array([x, 1e10])  # noqa: E731
    sample = line(f, 1.0, 1.0, np.ones(2)).sample(0.5)
    assert sample.rounding < 1e-15
    assert sample.magnitude > 1e9


def test_rounding_of_many_elements_adds_up_by_its_squares_unless_they_agree():
    x, y_bar = np.full(10_000, 1.0), np.ones(10_000)
    sample = line(lambda x: x, x, x, y_bar).sample(0.5)
    assert sample.rounding == pytest.approx(0.5 * 2.0**-52 * 1.5 * 100)
    assert sample.ceiling == pytest.approx(0.5 * 2.0**-52 * 1.5 * 10_000)


def test_chunks_of_a_large_output_change_nothing():
    rng = np.random.default_rng(1)
    size = 2 * CHUNK + 5
    x, u, y_bar = rng.standard_normal((3, size))
    sample = line(np.sin, x, u, y_bar).sample(0.25)
    expected = math.fsum((y_bar * (np.sin(x + 0.25 * u) - np.sin(x))).tolist())
    assert sample.change == pytest.approx(expected, rel=1e-15)
    assert sample.magnitude == pytest.approx(np.abs(y_bar * np.sin(x + 0.25 * u)).sum())


def test_the_rounding_of_the_argument_follows_its_size_along_the_direction():
    assert line(np.sin, 1e8, 1.0).argument_rounding == 0.5 * 2.0**-52 * 1e8
    assert line(np.sin, 0.0, 1.0).argument_rounding == 0.0


@pytest.mark.parametrize(
    ("primals", "tangents", "cotangents", "said"),
    [
        ((np.ones(3),), (np.ones(2),), None, "a primal has shape (3,), its tangent (2,)"),
        ((np.ones(3),), (), None, "1 primals, but 0 tangents"),
        ((np.ones(3),), (np.ones(3),), None, "f gives shapes [(3,)]"),
        ((np.ones(3),), (np.ones(3),), (np.ones(2),), "the cotangents have [(2,)]"),
    ],
)
def test_shapes_that_disagree_are_named(primals, tangents, cotangents, said):
    with pytest.raises(ValueError) as caught:  # noqa: PT011 - the text is checked below
        Line(lambda *xs: xs[0], primals, tangents, cotangents, 10)
    assert said in str(caught.value)


def test_where_the_output_has_another_shape_is_outside_of_the_domain():
    f = lambda x: x[x > 0]  # noqa: E731
    sampled = line(f, [1.0, 0.5], [1.0, 1.0], np.ones(2))
    assert math.isnan(sampled.sample(-0.75).change)
    assert sampled.sample(-0.25).change == -0.5


def test_only_floating_inputs_can_move():
    with pytest.raises(TypeError, match="int64"):
        line(np.sin, np.array(1), 1.0)
    with pytest.raises(TypeError, match="complex tangent"):
        line(np.sin, 1.0, 1j)


def test_repeats_tells_random_functions_from_others():
    rng = np.random.default_rng(0)
    assert line(np.sin, 1.0, 1.0).repeats()
    assert not line(lambda x: x + rng.random(), 1.0, 1.0).repeats()


@pytest.mark.parametrize("size", [1, 5, 3000, 2**18])
def test_a_batched_function_gives_the_same_samples(size):
    x, u = np.linspace(0.1, 1.0, size), np.linspace(1.0, 2.0, size)
    calls: list[int] = []

    def batched(xs):
        calls.append(len(xs))
        return np.sin(xs)

    ts = [2.0**-k for k in range(1, 9)]
    plain = Line(np.sin, (x,), (u,), (np.ones(size),), 20)
    together = Line(np.sin, (x,), (u,), (np.ones(size),), 20, batched)
    together.reserve(ts)
    assert sum(calls) == len(ts)
    assert max(calls) * size <= 2**17 or max(calls) == 1
    assert [together.sample(t) for t in ts] == [plain.sample(t) for t in ts]
    assert together.evaluations == plain.evaluations


def test_a_batch_is_within_the_budget():
    line = Line(np.sin, (np.ones(2),), (np.ones(2),), (np.ones(2),), 4, np.sin)
    with pytest.raises(OutOfBudget):
        line.reserve([0.1, 0.2, 0.3, 0.4])
    assert line.evaluations == 1


def test_inputs_that_stand_still_are_batched_too():
    x, w = np.array([0.5, 1.0]), np.array([2.0, 3.0])
    batched = Line(np.multiply, (x, w), (x, None), (x,), 9, np.multiply)
    batched.reserve([0.25, 0.5])
    alone = Line(np.multiply, (x, w), (x, None), (x,), 9)
    assert batched.sample(0.5) == alone.sample(0.5)


def logarithm(x):
    return np.array(math.log(x))


def test_where_a_function_raises_it_is_not_finite():
    sampled = line(logarithm, 0.5, 1.0)
    assert not sampled.sample(-0.75).finite
    assert sampled.sample(0.25).change == math.log(0.75) - math.log(0.5)
    assert str(sampled.raised) == "math domain error"


def test_what_a_function_raises_at_the_point_itself_is_its_own():
    with pytest.raises(ValueError, match="math domain error"):
        line(logarithm, 0.0, 1.0)


@pytest.mark.parametrize("error", [TypeError, AttributeError, MemoryError])
def test_other_mistakes_are_not_taken_for_the_end_of_a_domain(error):
    def broken(x):
        if x != 0.5:
            raise error
        return x

    with pytest.raises(error):
        line(broken, 0.5, 1.0).sample(0.25)


def test_one_point_of_a_batch_may_be_beyond_the_domain():
    def together(x):
        return np.array([math.log(each) for each in x])

    sampled = Line(logarithm, (np.array(0.5),), (np.array(1.0),), None, 150, together)
    sampled.reserve([-0.75, 0.25])
    assert not sampled.sample(-0.75).finite
    assert sampled.sample(0.25).finite
