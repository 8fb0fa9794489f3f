import math

import numpy as np

from gradcheck.numeric.choice import choose, predicted_step
from gradcheck.numeric.level import measure
from gradcheck.numeric.line import Line


def levels(f, exponents, x=0.5):
    line = Line(f, (np.asarray(x),), (np.asarray(0.77),), None, 1000)
    found = [measure(line, 2.0**e, 0.0) for e in sorted(exponents)]
    assert all(level is not None for level in found)
    return found


def test_the_level_of_least_bound_answers():
    found = levels(np.exp, range(-14, -4, 2))
    kept = choose(found)
    bounds = [level.answer().bound for level in found]
    assert kept.best[1].bound == min(answer.bound for answer in kept.answers)
    assert kept.best[1].bound <= 2 * min(bounds)


def test_unresolved_levels_are_rejected():
    kept = choose(levels(lambda x: np.sin(400 * x), (-16, -14, -12, -3)))
    assert kept.rejected is not None
    assert all(level.step < 2.0**-3 for level in kept.levels)
    _, answer = kept.best
    assert abs(answer.slope - 0.77 * 400 * math.cos(200)) <= answer.bound


def test_a_lucky_level_may_not_undercut_the_noise_of_smaller_steps():
    rng = np.random.default_rng(2)
    noisy = lambda x: np.sin(x) + 1e-6 * rng.standard_normal()  # noqa: E731
    truth = 0.77 * math.cos(0.5)
    for _ in range(30):
        kept = choose(levels(noisy, (-14, -10, -7, -5)))
        assert abs(kept.best[1].slope - truth) <= kept.best[1].bound


def test_the_predicted_step_is_where_truncation_meets_the_noise():
    (coarse,) = levels(np.exp, (-2,))
    step = predicted_step(coarse, 1e-12)
    (finer,) = levels(np.exp, (math.log2(step),))
    assert step < 2.0**-2
    assert finer.fits[-1].residual < 1e-11


def test_no_step_is_predicted_for_noise():
    rng = np.random.default_rng(0)
    (noise,) = levels(lambda x: np.asarray(rng.standard_normal()), (-7,))
    assert predicted_step(noise, 1e-12) == 0.0
