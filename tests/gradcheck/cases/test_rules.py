from collections.abc import Callable

import pytest

Wrong = Callable[[str], list[str]]


@pytest.mark.parametrize(
    ("keys", "message"),
    [
        (
            "function: x\ninputs: {x: 1}\nsteps: [{function: x}]",
            "5:12: a case has one of 'function' and 'steps'; found function and steps",
        ),
        (
            "function: y\nlet: {x: y}\ninputs: {x: 1, y: 2}",
            "4:14: the name 'x' is an input already",
        ),
        (
            "inputs: {x: 1}\nsteps: [{function: x}]\nbenchmark: {}",
            "5:16: a case with 'steps' has no 'benchmark'",
        ),
        (
            "inputs: {x: 1}\nsteps: [{function: x}]\nexpect: {value: 1}",
            "5:13: a case with 'steps' has no 'expect' of its own; each step has one",
        ),
        (
            "inputs: {x: 1}\nsteps: [{function: x, cleargrad: all}]",
            "4:13: a step has one of 'function', 'cleargrad' and 'backward'; found function and c",
        ),
        (
            "inputs: {x: 1}\nsteps: [{expect: {value: 1}}]",
            "4:13: a step has one of 'function', 'cleargrad' and 'backward'; found none of them",
        ),
        (
            "inputs: {x: 1}\nsteps: [{backward: again}]",
            "4:24: 'backward: again' needs a step with 'function' before it",
        ),
        (
            "inputs: {x: 1}\nsteps: [{function: x}, {cleargrad: [z]}]",
            "4:41: unknown input 'z'; inputs: x",
        ),
        (
            "inputs: {x: 1}\nsteps: [{cleargrad: all, expect: {value: 1}}]",
            "4:38: nothing to expect from 'cleargrad'; expect it of the next step",
        ),
        (
            "function: x\ninputs: {x: 1}\nexpect: {gradient: {z: 1}}",
            "5:28: unknown input 'z'; inputs: x",
        ),
        (
            "function: x\ninputs: {x: [1, 2]}\nexpect: {gradient: {x: 1}}",
            "5:28: the gradient of input 'x' has its shape, [2]; found []",
        ),
        (
            "function: x\ninputs: {x: [[1], [2]]}\nexpect: {gradient: {x: [[1], 2]}}",
            "5:28: the gradient of input 'x' has its shape, [2, 1]; found rows of unequal length",
        ),
        (
            "function: x\ninputs: {x: {shape: []}}\nexpect: {value: 1}",
            "5:21: cases with generated inputs have no expected numbers; 'x' is generated",
        ),
        (
            "inputs: {x: {shape: []}}\nsteps: [{function: x, expect: {gradient: {x: 1}}}]",
            "4:46: cases with generated inputs have no expected numbers; 'x' is generated",
        ),
        (
            "function: x\ninputs: {x: 1}\nexpect: {verdict: fail}\nxfail: why",
            "6:12: an expected verdict excludes 'xfail': meeting it is a PASS already",
        ),
        (
            "function: x\ninputs: {x: 1}\nexpect: {finding: sign}",
            "5:23: a 'finding' needs 'verdict: fail' beside it",
        ),
        (
            "function: x\ninputs: {x: {shape: [2, 3], distribution: spd}}",
            "4:47: spd needs a square shape; found [2, 3]",
        ),
        (
            "function: x\ninputs: {x: {shape: [2], scale: 2, distribution: uniform}}",
            "4:37: the distribution uniform takes shape, low, high, domain, avoid, margin; not 's",
        ),
        (
            "function: x\ninputs: {x: {shape: [2], dtype: int64}}",
            "4:37: normal draws no integers, as int64 has them; write distribution: integers",
        ),
        (
            "function: x\ninputs: {x: {shape: [2], distribution: integers, low: 0.2, high: 0.7}}",
            "4:44: no integer is in ['low', 'high'); found 0.2 and 0.7",
        ),
        (
            "function: x\ninputs: {x: {shape: [2], avoid: [0], margin: .inf}}",
            "4:50: expected a finite number for 'margin' of input 'x', found the number inf",
        ),
        (
            "function: x\ninputs: {x: 1}\nexpect: {value: [[[1], [2, 3]], 1]}",
            "5:22: rows of unequal length: a value is an array",
        ),
        (
            "function: x\ninputs: {x: {data: 1.5, dtype: int64}}",
            "4:24: 1.5 does not fit int64",
        ),
        ("function: x\ninputs: {x: [[1, 2], [3]]}", "4:26: rows of unequal shape: "),
        (
            "function: x\ninputs: {x: {shape: [1000000, 1000000]}}",
            "4:17: input 'x' takes 8,000,000,000,000 bytes; at most 68,719,476,736",
        ),
        (
            "function: x\ninputs: {x: 1}\nchecks: [vjp, jvp, vjp]",
            "5:24: 'vjp' stands twice in 'checks'",
        ),
        (
            "function: x\ninputs: {x: 1}\nfault: {operation: exp, kind: sign, factor: 2}",
            "5:49: 'factor' belongs to a fault of kind 'scale'",
        ),
        (
            "function: x\ninputs: {x: 1}\nbenchmark: {sizes: {n: [1]}}",
            "5:28: undeclared name '$n'; declare its values in 'matrix'",
        ),
    ],
)
def test_a_broken_rule_is_told_with_its_place(wrong: Wrong, keys: str, message: str) -> None:
    assert [line[: len(message) + 7] for line in wrong(keys)] == [f"a.yaml:{message}"]


def test_rules_are_checked_beside_other_mistakes(wrong: Wrong) -> None:
    found = wrong("function: q\ninputs: {x: 1}\nnothing: 1\nexpect: {gradient: {z: 1}}")
    assert [line.split(": ")[0] for line in found] == ["a.yaml:3:15", "a.yaml:5:5", "a.yaml:6:28"]
