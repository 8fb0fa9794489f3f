"""Which spacing to trust: down to where phi is resolved, or up while rounding rules.

Usually the first level's fit leaves over rounding only and three pairs at much smaller t confirm
it.  Otherwise the search descends, reading from the power of the residual what stands in the way
(noise, a kink, or scales not yet resolved), and Lepski's rule chooses among the levels.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from math import floor, log2

from gradcheck.numeric import choice
from gradcheck.numeric.kink import KINK_POWERS, Kink, is_corner, is_step, kink_size, resolve_kink
from gradcheck.numeric.level import PROBES, Answer, Level, exponent, failing_probe, measure
from gradcheck.numeric.line import Line
from gradcheck.numeric.noise import has_few_jumps, jumps, second_opinion
from gradcheck.numeric.stencil import PAIRS

FIRST_STEP = 2.0**-7
LEAST_STEP = 2.0**-46
LARGEST_STEP = 2.0**26
LARGEST_REFINED_STEP = 1.0

GOAL = 1e-10
"""A bound of this share of the derivative ends the search (in float64)."""

GROWTHS = 5
"""A level limited by rounding is enlarged at most so often."""

ROUGHNESS = 2.0**-20
"""Noise above this share of phi is more than rounding, and jumps of its size are steps."""

LARGE_JUMP = 2.0**-6
"""Jumps above this share of phi come from no rounding, not even that of bfloat16 (2^-8)."""

ROUGH_POWER = 3.0
"""A residual that falls as a lower power of the step comes from a function with few derivatives."""

REFINEMENTS = 7
"""So many further levels at most go between the last one kept and the first one rejected."""


@dataclass(frozen=True, slots=True)
class Precision:
    """What a derivative is wanted for: the first `step` to try, and a bound that is `enough`.

    A level whose bound is `enough` is taken as it is: nothing is looked for at smaller steps.  So
    this is for questions among many, each of which is asked again without it before it decides.
    No work is put into bounds below `useful` times ||y_bar f||_2.
    """

    step: float = FIRST_STEP
    enough: float = 0.0
    useful: float = 0.0


FULL = Precision()


@dataclass(slots=True)
class Search:
    """The levels measured so far on `line`, and what they showed.

    `finding` is "clean", "noise", "step", "kink", "rough", "quantised", "structure", or "" while
    nothing is known; `edge` the largest step that stays in the domain, as far as known; `noisy`
    the steps whose residual did not fall with the step, `noise` the largest of their residuals;
    `power` the last one seen of residual ~ h^power; `conflict` says that two scales disagree.
    """

    line: Line
    scale: float
    precision: Precision = FULL
    levels: dict[float, Level] = field(default_factory=dict)
    finding: str = ""
    edge: float = LARGEST_STEP
    noise: float = 0.0
    noisy: list[float] = field(default_factory=list)
    kink: Kink | None = None
    power: float | None = None
    verified: bool = False
    predicted: bool = False
    grown: bool = False
    conflict: bool = False
    accepted: tuple[Level, Answer] | None = None

    def size(self, answer: Answer) -> float:
        """The derivative's size, against which a bound is held."""
        return max(abs(float(answer.slope)), self.scale)

    def good(self, answer: Answer) -> bool:
        """Is the bound as small as it need be?"""
        share = GOAL * min(1.0, self.line.eps / 2.0**-52)
        useful = self.precision.useful * self.line.output
        return answer.bound <= max(share * self.size(answer), useful)

    def level(self, step: float) -> Level | None:
        """The level at `step`, measured once; None outside the domain."""
        if step not in self.levels:
            level = measure(self.line, step, self.scale)
            if level is None:
                self.edge = min(self.edge, step / 2)
                return None
            self.levels[step] = level
        return self.levels[step]

    def enter_domain(self, step: float) -> None:
        """Measure the first level that is finite, from `step` down."""
        while step >= LEAST_STEP and self.level(step) is None:
            step /= 8

    def descend(self) -> None:
        """Measure levels until one is accepted or nothing more is to be learned."""
        above, level = None, next(iter(self.levels.values()), None)
        while level is not None:
            below = self._step_after(above, level)
            if below is None or below < LEAST_STEP or below in self.levels:
                return
            above, level = level, self.level(below)

    def _step_after(self, above: Level | None, level: Level) -> float | None:
        if self.precision.enough and level.answer().bound <= self.precision.enough:
            self.accepted = level, level.answer()
            return None
        if level.constant or (above is not None and level.repeating >= 0.5):
            self.finding = "quantised"
            if level.constant and self._is_flat(level, above):
                self.accepted = level, level.answer()
            return None
        if level.clean:
            return self._step_after_clean(level)
        power = None if above is None else exponent(above, level)
        if power is not None and above is not None and power < 0.5:
            return self._step_in_noise(above, level)
        if self.verified:
            self.finding = "structure"
            return level.step / 16
        kinked = power is not None and KINK_POWERS[0] < power < KINK_POWERS[1]
        if kinked and is_corner(level):
            return self._step_at_kink(level)
        return self._step_in_truncation(level, power)

    @property
    def is_dead(self) -> bool:
        """Is phi constant near 0 and on one side of it wherever it varies, as past a relu?"""
        varied = [level for level in self.levels.values() if not level.constant]
        constant = len(varied) < len(self.levels)
        return constant and all(level.half_constant and self.is_rough(level) for level in varied)

    def _is_flat(self, level: Level, above: Level | None) -> bool:
        """Is phi constant at much smaller t too, and beyond, or left by degrees, as past a relu?"""
        ts = [sign * ratio * level.step for ratio in PROBES for sign in (1, -1)]
        self.line.reserve(ts)
        if any(self.line.sample(t).change != 0 for t in ts):
            return False
        if above is not None:
            return not jumps(self.line, level, above)
        larger = self.level(4 * level.step) if 4 * level.step <= self.edge else None
        return larger is None or larger.constant or self.is_rough(larger)

    def _step_after_clean(self, level: Level) -> float | None:
        answer = level.answer()
        if self.noisy:
            self._weigh_structure(level)
            return None
        if not self.good(answer):
            self._grow(level)
            return None
        failing = failing_probe(self.line, level, answer, 0.0, LEAST_STEP)
        if failing is None:
            self.finding = "clean"
            self.accepted = level, answer
            return None
        return max(level.step * failing / 4, LEAST_STEP)

    def _weigh_structure(self, level: Level) -> None:
        """Smooth below the noise: a scale of its own, or one piece between jumps?"""
        noisy = self.levels[min(self.noisy)]
        if not jumps(self.line, level, noisy) or self._has_long_pieces():
            self.finding = "structure"
            return
        del self.levels[level.step]
        self.finding = "noise"
        self.conflict = self.is_rough(noisy) and not self._agrees(level)

    def _has_long_pieces(self) -> bool:
        """Are the jumps few and larger than any rounding, as where an angle wraps?"""
        noisy = self.levels[min(self.noisy)]
        return noisy.residual > LARGE_JUMP * noisy.largest and has_few_jumps(noisy)

    def is_rough(self, level: Level) -> bool:
        """Is what this level leaves over more than the rounding of phi?"""
        largest = max(other.largest for other in self.levels.values())
        return level.residual > ROUGHNESS * largest

    def _agrees(self, level: Level) -> bool:
        return choice.overlap(level.answer(), self.choose().best[1])

    def ask_below_noise(self) -> None:
        """Noise gets a second opinion from a tiny scale."""
        tiny = second_opinion(self.line, self.scale, self.noise, self.choose().best[1])
        if tiny is not None:
            self.levels[tiny.step] = tiny
            self._weigh_structure(tiny)

    def _grow(self, level: Level) -> None:
        """Rounding limits the bound: larger steps, while they help and agree."""
        for _ in range(GROWTHS):
            answer = level.answer()
            near = answer.bound < 1e-6 * self.size(answer)
            step = level.step * (4 if near else 64)
            if step in self.levels or step > min(self.edge, LARGEST_STEP):
                return
            larger = self.level(step)
            if larger is None or not _improves(larger, answer):
                return
            level, self.grown = larger, True

    def _step_in_noise(self, above: Level, level: Level) -> float | None:
        """Noise is verified far below: at h 2^-10 and, unless it is small, at 2^-38."""
        self.noise = max(self.noise, level.residual)
        self.noisy += [above.step, level.step]
        small = level.residual <= 2.0**-10 * level.largest or level.step <= 2.0**-37
        step = max(2.0**-38 if self.verified else level.step * 2.0**-10, LEAST_STEP)
        if (self.verified and small) or step >= level.step:
            jump = self.is_rough(level) and is_step(level)
            self.finding = "step" if jump else "noise"
            return None
        self.verified = True
        return step

    def _step_at_kink(self, level: Level) -> float | None:
        """Find with a few pairs whether the kink stays: then it is at the point itself."""
        size = kink_size(level)
        clear = resolve_kink(self.line, level, size, LEAST_STEP)
        if clear is None:
            self.finding = "kink"
            self.kink = Kink(float(level.fits[-1].slope), size)
            return None
        return min(2.0 ** floor(log2(clear / 16)), level.step / 4)

    def _step_in_truncation(self, level: Level, power: float | None) -> float:
        """The step where the residual should reach rounding, else a sixteenth."""
        steady = power is not None and self.power is not None and abs(power - self.power) < 0.1
        self.power = power
        if steady and power is not None and power < ROUGH_POWER:
            self.finding = "rough"
            return _step_by_power(level, power)
        most, fewest = level.fits[-1].residual, level.fits[0].residual
        if self.predicted or not 0.0 < most < fewest / 64:
            return level.step / 16
        self.predicted = True
        ratio = (4.0 * level.noise / most) ** (1.0 / (2 * PAIRS - 3))
        return level.step * 2.0 ** floor(log2(max(min(ratio, 0.5), 2.0**-6)))

    def refine(self) -> None:
        """Measure further levels between the last one that Lepski keeps and the first rejected."""
        if self.finding in ("kink", "step", "rough"):
            return
        for _ in range(REFINEMENTS):
            kept = self.choose()
            if self.good(kept.best[1]):
                return
            step = self._step_between(kept)
            if step is None or step in self.levels:
                return
            self.level(step)

    def choose(self) -> choice.Choice:
        """The levels that agree; noise that does not fall with the step is the same in all."""
        known = self.noise if self.finding == "noise" else 0.0
        return choice.choose(self.usable_levels(), known)

    def usable_levels(self) -> list[Level]:
        """The levels by increasing step, without those that quantisation spoilt."""
        levels = sorted(self.levels.values(), key=lambda level: level.step)
        if self.is_dead:
            return levels
        varied = [level for level in levels if level.repeating < 0.5]
        return varied or levels

    def _step_between(self, kept: choice.Choice) -> float | None:
        low = kept.levels[-1].step
        if kept.rejected is None:
            if self.grown and self.finding not in ("noise", "quantised"):
                return None
            step = 4 * low
            return step if step <= min(self.edge, LARGEST_REFINED_STEP) else None
        high = kept.rejected.step
        if high <= 2 * low:
            return None
        step = choice.predicted_step(kept.rejected, kept.noise)
        if not low < step < high:
            step = 2.0 ** floor(0.5 * (log2(low) + log2(high)))
        return step if step > low else 2 * low


def _step_by_power(level: Level, power: float) -> float:
    """Few derivatives: the residual's power, once steady, says where it meets the rounding."""
    ratio = (4.0 * level.noise / level.residual) ** (1.0 / power)
    return max(level.step * 2.0 ** floor(log2(min(ratio, 1 / 16))), LEAST_STEP)


def _improves(larger: Level, answer: Answer) -> bool:
    other = larger.answer()
    agree = abs(float(other.slope - answer.slope)) <= other.bound + answer.bound
    return larger.clean and agree and other.bound < answer.bound
