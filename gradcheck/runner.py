"""Cases times engines times checks: a stream of outcomes; who reads it is unknown here."""

from __future__ import annotations

import hashlib
import re
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

import numpy as np

from gradcheck.adapters import adapter, unusable
from gradcheck.checks import CHECKS, Check
from gradcheck.checks.subgradient import kinks
from gradcheck.diagnosis import diagnose, diagnose_walk
from gradcheck.errors import MissingCapability, MissingOperation, NothingToCompare, told
from gradcheck.expectation import as_expected
from gradcheck.inputs import copied, make
from gradcheck.judge import judge
from gradcheck.localise import wrong_entries
from gradcheck.options import BUDGET, checked
from gradcheck.options import Options as Options
from gradcheck.quoting import quoted
from gradcheck.vocabulary import (
    Case,
    Detects,
    Evidence,
    Finding,
    Judgement,
    Outcome,
    Subject,
    Verdict,
    weakest,
    worst,
)

DEFAULT_ENGINE = "engine"
NOTHING = "nothing to compare"


def run(
    cases: Iterable[Case],
    *,
    engines: Sequence[str] = (),
    checks: Sequence[str] = (),
    seed: int = 0,
    budget: int = BUDGET,
) -> Iterator[Outcome]:
    """Return an outcome for each check of each case on each engine, in order, as they come.

    `engines`: names that replace the cases' own choice, where a case allows them.
    `checks`: names of the only checks to run.  `seed`: the origin of every random choice.
    Raises ValueError for a name that there is not, TypeError for what is no name or no case.
    """
    if isinstance(cases, Case | str):
        raise TypeError(f"cases={cases!r:.60}: expected several, as load_cases returns them")
    return _outcomes(cases, checked(engines, checks, seed, budget))


def _outcomes(cases: Iterable[Case], options: Options) -> Iterator[Outcome]:
    for case in cases:
        for engine in engines_of(case, options.engines):
            yield from run_case(case, engine, options)


def engines_of(case: Case, chosen: Sequence[str]) -> tuple[str, ...]:
    """Return the engines to run `case` on: the case's own, or those chosen that it allows."""
    allowed = ("rule",) if case.rule else case.engines
    if not chosen:
        return allowed or (DEFAULT_ENGINE,)
    return tuple(name for name in chosen if name in (allowed or {name} - {"rule"}))


def run_case(case: Case, engine: str, options: Options) -> tuple[Outcome, ...]:
    """Run the checks of `case` on one engine and return their outcomes, expectations applied."""
    if reason := why_skipped(case, engine):
        return (_outcome(case, engine, "case", options, Verdict.SKIP, reason),)
    try:
        subject = _subject(case, engine, options)
    except (Exception, SystemExit) as error:  # a case's mistake ends that case only
        return (_error(case, engine, "inputs", options, error),)
    outcomes = tuple(_run_checks(subject, case, engine, options))
    if reason := _nothing_compared(outcomes):
        outcomes = ended(case, engine, options, reason)
    return as_expected(case, engine, outcomes)


def _nothing_compared(outcomes: Sequence[Outcome]) -> str:
    """Why the checks chosen say nothing of a case; empty if they do, or the engine lacks them."""
    if not outcomes:
        return f"{NOTHING}: none of the checks that were named applies to this case"
    if any(outcome.verdict is not Verdict.SKIP for outcome in outcomes):
        return ""
    reasons = [outcome.reason for outcome in outcomes if outcome.reason.startswith(NOTHING)]
    return "; ".join(dict.fromkeys(reasons))


def why_skipped(case: Case, engine: str) -> str:
    """Return why `case` is not run on `engine`; empty if it is."""
    reason = case.skip.get(engine) or case.skip.get("*") or unusable(engine)
    if not reason and case.fault and engine != DEFAULT_ENGINE:
        return f"a fault is planted into our own engine, not into {engine}"
    return reason


def _subject(case: Case, engine: str, options: Options) -> Subject:
    subject = adapter(engine).subject(case, make(case, options.seed))
    return replace(subject, budget=options.budget)


def _run_checks(subject: Subject, case: Case, engine: str, options: Options) -> Iterator[Outcome]:
    if not any(subject.differentiable) and not _states_numbers(case):
        reason = f"{NOTHING}: no input is differentiable and no number is expected"
        yield _outcome(case, engine, "case", options, Verdict.ERROR, reason)
        return
    if case.steps and not any(step.function for step in case.steps):
        reason = f"{NOTHING}: no step runs a function"
        yield _outcome(case, engine, "case", options, Verdict.ERROR, reason)
        return
    unproven: set[str] = set()
    for name, check in _chosen(subject, case, options):
        outcome = _run_check(name, check, subject, case, engine, options, unproven)
        yield outcome
        if outcome.verdict is Verdict.ERROR or outcome.check == "case":
            return
        if outcome.verdict not in (Verdict.PASS, Verdict.SKIP):
            unproven.add(name)


def _states_numbers(case: Case) -> bool:
    return CHECKS["value"].applies(case)


def _chosen(subject: Subject, case: Case, options: Options) -> list[tuple[str, Check]]:
    """Return the checks to run in their order: those asked for, or all that apply by default.

    Numbers that a case states are compared whichever checks it names.
    """
    stated = ("value",) if case.checks and "value" not in case.checks else ()
    asked = options.checks or (*case.checks, *stated)
    checks = [(name, CHECKS[name]) for name in asked or CHECKS]
    wanted = [
        (name, check)
        for name, check in checks
        if check.applies(case) and (asked or _is_default(check, subject, case))
    ]
    return sorted(wanted, key=lambda pair: pair[1].rank)


def _is_default(check: Check, subject: Subject, case: Case) -> bool:
    return not check.on_request and not (check.optional and check.lacks(subject, case))


def _run_check(
    name: str,
    check: Check,
    subject: Subject,
    case: Case,
    engine: str,
    options: Options,
    unproven: set[str],
) -> Outcome:
    first = next((earlier for earlier in check.after if earlier in unproven), "")
    if reason := check.lacks(subject, case) or (first and f"{first} did not pass"):
        return _outcome(case, engine, name, options, Verdict.SKIP, reason)
    start = time.perf_counter()
    rng = np.random.default_rng(_seed_of(case, name, options.seed))
    try:
        # Arrays of its own for each check: what is written into them must not hide in the next.
        subject = replace(subject, xs=tuple(map(_own, subject.xs)))
        # What is not finite is judged: a warning on the way, made an error, would hide it.
        with np.errstate(all="ignore"):
            judgements = tuple(judge(e, case.tolerance) for e in check.run(subject, case, rng))
            findings = _findings(check, subject, case, judgements, rng)
    except MissingOperation as missing:
        # Usually the whole case is beyond this engine, not one of its checks.
        alone = check.optional or isinstance(missing, MissingCapability)
        what = name if alone else "case"
        return _outcome(case, engine, what, options, Verdict.SKIP, str(missing))
    except NothingToCompare as silent:
        reason = f"{NOTHING}: {silent}"
        return _outcome(case, engine, name, options, Verdict.SKIP, reason)
    except (Exception, SystemExit) as error:  # user code may raise anything; the next case runs
        return _error(case, engine, name, options, error)
    outcome = _summed_up(case, engine, name, options, judgements)
    return replace(outcome, findings=findings, seconds=time.perf_counter() - start)


def _own(x: np.ndarray) -> np.ndarray:
    """Return a copy of an input in the layout that the case declares."""
    copy = copied(x)
    copy.flags.writeable = x.flags.writeable
    return copy


def _summed_up(
    case: Case, engine: str, check: str, options: Options, judgements: tuple[Judgement, ...]
) -> Outcome:
    if not judgements:
        reason = f"{NOTHING} by {check}: no input or no output has an entry that it could move"
        return _outcome(case, engine, check, options, Verdict.SKIP, reason)
    verdict = worst(judgement.verdict for judgement in judgements)
    reason = next((j.reason for j in judgements if j.verdict is verdict), "")
    return replace(
        _outcome(case, engine, check, options, verdict, reason),
        judgements=judgements,
        detects=_detects(judgements, case),
        evaluations=sum(
            j.evidence.estimate.evaluations for j in judgements if isinstance(j.evidence, Evidence)
        ),
    )


def _detects(judgements: Sequence[Judgement], case: Case) -> dict[str, Detects]:
    """What the passes would have caught, by input, worst over the projections."""
    return weakest(
        # At second order cotangents are projected on, too: they are no inputs of the case.
        dict.fromkeys((n for n in j.evidence.inputs if n in case.inputs), j.detects)
        for j in judgements
        if j.detects is not None and isinstance(j.evidence, Evidence)
    )


def _findings(
    check: Check,
    subject: Subject,
    case: Case,
    judgements: Sequence[Judgement],
    rng: np.random.Generator,
) -> tuple[Finding, ...]:
    """Trace failed projections to the worst entry of each input, and to the kind of mistake."""
    findings: list[Finding] = []
    if check.has_entries:
        findings.extend(_kinks(subject, case, judgements, rng))
        for name in _failing_inputs(judgements):
            position = subject.names.index(name)
            findings.extend(wrong_entries(subject, position, case.tolerance, rng))
            findings.extend(diagnose(subject, position, rng))
    if check.passes and any(j.verdict is Verdict.FAIL for j in judgements):
        findings.extend(diagnose_walk(subject, case, rng, several=check.passes > 1))
    return tuple(findings)


def _kinks(
    subject: Subject, case: Case, judgements: Sequence[Judgement], rng: np.random.Generator
) -> list[Finding]:
    """Where a kink leaves a projection undecided, say at which entries it is."""
    names = {
        name: None
        for j in judgements
        if j.verdict is Verdict.INCONCLUSIVE and j.reason == "kink"
        if isinstance(j.evidence, Evidence)
        for name in j.evidence.inputs
    }
    found = (kinks(subject, case, subject.names.index(name), rng) for name in names)
    return [finding for finding in found if finding is not None]


def _failing_inputs(judgements: Sequence[Judgement]) -> list[str]:
    """The inputs whose own projections fail; those of the joint one if none does."""
    failing = [
        judgement.evidence.inputs
        for judgement in judgements
        if judgement.verdict is Verdict.FAIL and isinstance(judgement.evidence, Evidence)
    ]
    alone = [inputs for inputs in failing if len(inputs) == 1]
    return list(dict.fromkeys(name for inputs in alone or failing for name in inputs))


def _seed_of(case: Case, check: str, seed: int) -> int:
    """Derive a check's seed from the run's: the same alone, in any order, on any engine."""
    symbols = sorted((k, repr(v)) for k, v in case.symbols.items() if k not in ("dtype", "layout"))
    text = repr((seed, case.slug, symbols, check))
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:16])


# ---------------------------------------------------------------- outcomes


def _outcome(
    case: Case, engine: str, check: str, options: Options, verdict: Verdict, reason: str = ""
) -> Outcome:
    return Outcome(
        case=case.id,
        engine=engine,
        check=check,
        verdict=verdict,
        place=case.place,
        reason=reason,
        seed=options.seed,
        repeat=_repeat(case, engine, options),
    )


def _repeat(case: Case, engine: str, options: Options) -> str:
    """The command that repeats this outcome; what was not read from a file has none."""
    if not case.place.path:
        return ""
    named = engine if _PLAIN.fullmatch(engine) else quoted(engine)
    limit = f" --timeout {options.timeout:g}" if options.timeout else ""
    return f"python -m gradcheck run {quoted(case.id)} -e {named} --seed {options.seed}{limit}"


_PLAIN = re.compile(r"[\w./-]+")


def ended(case: Case, engine: str, options: Options, reason: str) -> tuple[Outcome, ...]:
    """Return the outcomes of a case that came to nothing: one ERROR with its reason."""
    return (_outcome(case, engine, "case", options, Verdict.ERROR, reason),)


def _error(case: Case, engine: str, check: str, options: Options, error: BaseException) -> Outcome:
    return _outcome(case, engine, check, options, Verdict.ERROR, told(error))
