import subprocess
import sys
import textwrap
import threading
import time
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import engine
from engine import Function, Variable, add, exp, mul, sin, square

ROOT = Path(engine.__file__).parents[1]


def scalar(value=3.0):
    return Variable(np.array(value))


class Identity(Function):
    def forward(self, x):
        return x

    def backward(self, gy):
        return gy


# Where a pass starts


@pytest.mark.parametrize("shape", [(), (2,), (2, 3), (0,)])
def test_it_starts_from_ones(shape):
    x = Variable(np.full(shape, 3.0, np.float32))
    y = square(x)
    y.backward()
    np.testing.assert_array_equal(y.grad, np.ones(shape, np.float32), strict=True)
    np.testing.assert_array_equal(x.grad, np.full(shape, 6.0, np.float32), strict=True)


def test_it_starts_from_the_cotangent_given():
    x = Variable(np.array([1.0, 2.0]))
    square(x).backward(np.array([10.0, 100.0]))
    np.testing.assert_array_equal(x.grad, [20.0, 400.0])
    square(x).backward(Variable(np.array([1.0, 1.0])))
    np.testing.assert_array_equal(x.grad, [22.0, 404.0])


def test_it_starts_from_a_gradient_the_user_assigned_each_time():
    x = scalar()
    y = square(x)
    y.grad = np.array(10.0)
    y.backward()
    assert x.grad == 60.0
    y.backward()
    assert x.grad == 120.0
    y.cleargrad()
    y.backward()
    assert x.grad == 126.0
    y.grad = None
    y.backward()
    assert x.grad == 132.0


def test_a_gradient_assigned_stays_the_users_alone():
    x, w = Variable(np.ones(2)), Variable(np.ones(2))
    y = add(x, w)
    y.grad = np.array([1.0, 2.0])
    held = y.grad
    y.backward()
    assert y.grad is held
    held[...] = 100.0
    np.testing.assert_array_equal(x.grad, [1.0, 2.0])


def test_a_gradient_assigned_survives_a_rule_that_fails():
    class Failing(Identity):
        def backward(self, gy):
            raise ZeroDivisionError

    x = scalar()
    y = Failing()(x) + x
    y.grad = np.array(10.0)
    with pytest.raises(ZeroDivisionError):
        y.backward()
    assert y.grad == 10.0
    x.cleargrad()
    Failing.backward = Identity.backward
    y.backward()
    assert x.grad == 20.0


def test_the_cotangent_given_goes_before_the_gradient_assigned():
    x = scalar()
    y = square(x)
    y.grad = np.array(10.0)
    y.backward(np.array(2.0))
    assert (x.grad, y.grad) == (12.0, 2.0)
    y.backward()
    assert x.grad == 18.0


def test_a_gradient_that_a_pass_left_is_no_start():
    x = scalar(2.0)
    y = square(x)
    z = square(y)
    z.backward()
    assert (y.grad, x.grad) == (8.0, 32.0)
    x.cleargrad()
    y.backward()
    assert x.grad == 4.0


def test_a_gradient_assigned_in_between_is_replaced_by_the_pass():
    x = scalar(2.0)
    y = square(x)
    z = square(y)
    y.grad = np.array(1000.0)
    z.backward()
    assert (y.grad, x.grad) == (8.0, 32.0)
    y.backward()
    assert x.grad == 36.0


@pytest.mark.parametrize(
    "gy", [np.ones(2), np.ones((1, 3)), 1.0, np.array("a"), np.ones(3) + 1j, [1.0, 1.0]]
)
def test_a_cotangent_that_does_not_fit_is_an_error(gy):
    with pytest.raises((ValueError, TypeError), match="gy"):
        Variable(np.ones(3)).backward(gy)


@pytest.mark.parametrize("data", [np.array(3), np.array([True]), np.array([1, 2], np.uint8)])
def test_an_integer_root_is_an_error_that_says_what_to_write(data):
    for root in (Variable(data), engine.sum(Variable(data)), Variable(data) * 2):
        with pytest.raises(TypeError, match=r"3\.0"):
            root.backward()
        with pytest.raises(TypeError, match=r"3\.0"):
            root.backward(np.ones(root.shape))


def test_a_root_without_data_is_an_error():
    with pytest.raises(TypeError, match="without data"):
        Variable(None).backward()
    with pytest.raises(TypeError, match="without data"):
        Variable(None).grad = np.array(1.0)


def test_a_leaf_is_its_own_derivative():
    x = scalar()
    x.backward()
    assert x.grad == 1.0
    x.backward(np.array(5.0))
    assert x.grad == 6.0
    x.grad = np.array(2.0)
    x.backward()
    assert x.grad == 2.0


# What is added up


def test_backward_twice_adds_exactly_twice():
    x = scalar()
    y = mul(exp(square(x)), x)
    y.backward()
    once = x.grad.copy()
    y.backward()
    assert x.grad == 2 * once
    y.backward()
    assert x.grad == 3 * once


def test_a_gradient_assigned_to_a_leaf_is_added_to():
    x = scalar()
    x.grad = np.array(100.0)
    square(x).backward()
    assert x.grad == 106.0


@pytest.mark.parametrize("shape", [(), (3,)])
def test_a_shared_input_collects_every_use(shape):
    x = Variable(np.full(shape, 3.0))
    a = square(x)
    b = add(a, a)
    c = mul(b, a)
    add(add(c, a), mul(x, b)).backward()  # 2 x^4 + x^2 + 2 x^3
    np.testing.assert_allclose(x.grad, 8 * 27 + 6 + 6 * 9, rtol=1e-15)


def test_gradients_in_between_are_kept_or_dropped():
    for retain_grad in (True, False):
        x = scalar()
        a = square(x)
        b = Identity()(a)
        y = exp(b)
        y.backward(retain_grad=retain_grad)
        assert x.grad == 6 * np.exp(9.0)
        assert ((a.grad is None), (b.grad is None)) == (not retain_grad,) * 2
        assert y.grad == 1.0


def test_integers_in_between_stop_the_gradient():
    class Round(Function):
        def forward(self, x):
            return x.astype(int)

        def backward(self, gy):
            raise AssertionError

    x, n, mask = scalar(), Variable(np.array(2)), Variable(np.array(True))
    y = Round()(x) * x + n * x + mask * x
    y.backward()
    assert x.grad == 3 + 2 + 1
    assert n.grad is mask.grad is None


def test_a_real_input_of_a_complex_graph_gets_a_real_gradient():
    x = Variable(np.array([1.0, 2.0]))
    y = x * (1 + 2j)
    y.backward(np.array([1.0 + 0j, 1j]))
    np.testing.assert_array_equal(x.grad, [1.0, 2.0], strict=True)


def test_mixed_precision_is_cast_back_at_each_input():
    for shape in ((3,), ()):
        x = Variable(np.ones(shape, np.float32))
        w = Variable(np.ones(shape))
        a = x * 2.0
        y = a * w + w * a
        y.backward()
        kinds = [v.grad.dtype for v in (x, a, w, y)]
        assert kinds == [np.float32, np.float32, np.float64, np.float64]


def test_an_exception_in_an_operations_rule_is_told_where(monkeypatch):
    def broken(self, gy, y, x):
        raise ZeroDivisionError

    monkeypatch.setattr(engine.Exp, "rule", broken)
    with pytest.raises(ZeroDivisionError) as caught:
        square(exp(Variable(np.ones((2, 3), np.float32)))).backward()
    assert caught.value.__notes__ == ["in the rule of Exp: (2, 3) float32 -> (2, 3) float32"]


# Whose the arrays are


@pytest.mark.parametrize("shape", [(), (3,)])
def test_gradients_read_are_distinct_arrays(shape):
    a, b = Variable(np.ones(shape)), Variable(np.ones(shape))
    y = add(a, b)
    z = Identity()(y)
    z.backward()
    gradients = [v.grad for v in (a, b, y, z)]
    assert all(type(g) is np.ndarray for g in gradients)
    assert not any(np.shares_memory(g, h) for i, g in enumerate(gradients) for h in gradients[:i])
    assert a.grad is gradients[0]
    gradients[0][...] = 7
    assert all((v.grad == 1).all() for v in (b, y, z))


@pytest.mark.parametrize("shape", [(), (3,)])
def test_a_gradient_summed_in_between_is_not_shared_with_the_inputs(shape):
    a, b = Variable(np.ones(shape)), Variable(np.ones(shape))
    y = add(a, b)
    add(y, y).backward()
    y.grad[...] = 7
    assert (a.grad == 2).all()
    a.grad[...] = 8
    assert (b.grad == 2).all()
    assert (y.grad == 7).all()


@pytest.mark.parametrize("shape", [(), (3,)])
def test_a_gradient_that_someone_holds_is_never_changed(shape):
    x = Variable(np.full(shape, 3.0))
    y = add(add(x, x), x)
    y.backward()
    held = x.grad
    held_between = y.grad
    add(add(x, x), x).backward()
    y.backward()
    assert (held == 3).all()
    assert (held_between == 1).all()
    assert (x.grad == 9).all()


@pytest.mark.parametrize("retain_grad", [True, False])
def test_arrays_of_the_user_are_neither_changed_nor_handed_out(retain_grad):
    x, w = Variable(np.ones(3)), Variable(np.ones(3))
    gy, gx = np.ones(3), np.full(3, 5.0)
    x.grad = gx
    y = add(add(x, w), x)
    y.backward(gy, retain_grad=retain_grad)
    y.backward(gy, retain_grad=retain_grad)
    np.testing.assert_array_equal(gy, np.ones(3))
    np.testing.assert_array_equal(gx, np.full(3, 5.0))
    for v in (x, w, y):
        assert not np.shares_memory(v.grad, gy)
        assert not np.shares_memory(v.grad, gx)


def test_a_gradient_read_by_a_rule_during_the_pass_is_not_changed_after():
    seen = []

    class Spy(Identity):
        def backward(self, gy):
            seen.append((x.grad, x.grad.copy()))
            return gy

    x = Variable(np.ones(3))
    y = Spy()(add(x, x))
    add(add(add(x, x), add(x, x)), y).backward()
    np.testing.assert_array_equal(x.grad, np.full(3, 6.0))
    for held, copy in seen:
        np.testing.assert_array_equal(held, copy)


# Layouts


@pytest.mark.parametrize(
    "layout",
    [
        np.asfortranarray,
        lambda x: x.repeat(2, axis=1)[:, ::2],
        lambda x: x[::-1, ::-1],
        lambda x: np.broadcast_to(x[:1], x.shape),
    ],
)
def test_memory_layout_does_not_matter(layout):
    data = np.arange(6.0).reshape(2, 3)
    x = Variable(layout(data))
    x.data.flags.writeable = False
    z = exp(x) + x * np.ones(3) + engine.sum(x, axis=0)
    z.backward()
    np.testing.assert_allclose(x.grad, np.exp(x.data) + 1 + 2, rtol=1e-15)
    x.grad[0, 0] = 0


# Order, depth and width


def test_each_function_is_called_once_and_after_all_uses_of_its_outputs():
    called = []

    class Logged(Identity):
        def __init__(self, name):
            self.name = name

        def backward(self, gy):
            called.append(self.name)
            return gy

    x = scalar()
    a = Logged("a")(x)
    b = Logged("b")(a)
    c = Logged("c")(a)
    d = Logged("d")(add(b, c))
    add(add(d, a), mul(b, c)).backward()
    assert called == ["d", "c", "b", "a"]


def test_a_function_of_several_outputs_is_called_once():
    class Twice(Function):
        calls = 0

        def forward(self, x):
            return x * 2, x * 3

        def backward(self, ga, gb):
            self.calls += 1
            return 2 * ga + 3 * gb

    x = scalar()
    a, b = Twice()(x)
    mul(a, b).backward()
    assert x.grad == 36.0
    assert a.creator.calls == 1


# An expression as a list of steps: (operation, first input, second input), inputs counted back.
STEPS = st.lists(
    st.tuples(st.sampled_from(["add", "sub", "mul", "sin"]), st.integers(1, 8), st.integers(1, 8)),
    min_size=1,
    max_size=30,
)


def evaluate(steps, operations, x, w):
    values = [x, w]
    for name, i, j in steps:
        first = values[-min(i, len(values))]
        if name == "sin":
            values.append(operations["sin"](first))
        else:
            values.append(operations["sin"](operations[name](first, values[-min(j, len(values))])))
    return values[-1]


@given(steps=STEPS, kinds=st.lists(st.booleans(), min_size=4, max_size=4))
@settings(max_examples=150, deadline=None)
def test_random_graphs_have_the_derivative_of_the_complex_step(steps, kinds):
    """Functions called by the user, engine operations and recorded creators, mixed at random."""
    by_class = {"add": engine.Add, "sub": engine.Sub, "mul": engine.Mul, "sin": engine.Sin}
    operations = {
        name: (lambda *xs, cls=by_class[name]: cls()(*xs)) if kind else engine.OPERATIONS[name]
        for name, kind in zip(by_class, kinds, strict=True)
    }
    plain = {"add": np.add, "sub": np.subtract, "mul": np.multiply, "sin": np.sin}
    x, w = scalar(0.7), scalar(-0.4)
    y = evaluate(steps, operations, x, w)
    for _ in range(2):
        y.backward()
    h = 1e-30
    for v, step in ((x, (h * 1j, 0)), (w, (0, h * 1j))):
        expected = evaluate(steps, plain, 0.7 + step[0], -0.4 + step[1]).imag / h
        assert (0.0 if v.grad is None else v.grad) == pytest.approx(2 * expected, rel=1e-11)


def test_a_thousand_doublings():
    x = y = scalar(2.0**-1000)
    for _ in range(1000):
        y = add(y, y)
    y.backward()
    assert (y.data, x.grad) == (1.0, 2.0**1000)


@pytest.mark.parametrize("apply", [lambda a, b: a + b, lambda a, b: engine.Add()(a, b)])
def test_a_wide_fan_takes_linear_time(apply):
    def seconds(n):
        x = scalar()
        start = time.process_time()
        leaves = [apply(x, x) for _ in range(n)]
        while len(leaves) > 1:
            pairs = zip(leaves[::2], leaves[1::2], strict=False)
            leaves = [apply(a, b) for a, b in pairs] + leaves[len(leaves) & ~1 :]
        leaves[0].backward()
        assert x.grad == 2 * n
        return time.process_time() - start

    small = max(seconds(2_500), 0.002)
    assert seconds(50_000) < 20 * small * 5


MILLION = """
    import sys, threading
    import numpy as np
    import engine
    from engine import Function, Variable

    class Step(Function):
        def forward(self, x):
            return x + 1

        def backward(self, gy):
            return gy

    apply = {{
        "unary": engine.sin,
        "binary": lambda y: engine.add(y, x),
        "second": lambda y: engine.add(x, y),
        "operator": lambda y: 1.0 + y,
        "array": lambda y: engine.getitem(y, ...),
        "created": lambda y: (y.creator, engine.neg(y))[1],
        "function": lambda y: Step()(y),
    }}["{kind}"]
    x = Variable(np.array(0.5))

    def run():
        y = x
        for _ in range({n}):
            y = apply(y)
        y.backward()
        assert x.grad is not None
        last = y.creator if "{kind}" in ("created", "function") else None
        del y, last
        print("freed")

    threading.stack_size(1 << 20)
    thread = threading.Thread(target=run)
    thread.start()
    thread.join()
"""


@pytest.mark.parametrize(
    "kind", ["unary", "binary", "second", "operator", "array", "created", "function"]
)
def test_a_million_nodes_are_walked_and_freed_in_a_stack_of_one_mebibyte(kind):
    """In a process of its own, since a stack that overflows ends it."""
    n = 1_000_000 if kind in ("unary", "binary") else 100_000
    code = textwrap.dedent(MILLION.format(kind=kind, n=n))
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, timeout=300
    )
    assert (done.returncode, done.stdout) == (0, "freed\n"), done.stderr[-500:]


def test_threads_differentiate_graphs_of_their_own():
    results = {}

    def work(k):
        total = 0.0
        for _ in range(50):
            x = y = scalar(0.1 * k)
            for _ in range(40):
                y = sin(y) + x
            y.backward()
            total += float(x.grad)
        results[k] = total

    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-5)
    try:
        threads = [threading.Thread(target=work, args=(k,)) for k in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    finally:
        sys.setswitchinterval(interval)
    together = dict(results)
    for k in range(8):
        work(k)
    assert results == together
