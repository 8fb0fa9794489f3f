from gradcheck.reporters.benchmark import growth, reasons, times, timings


def timing(engine, n, least, phase="forward", **said):
    facts = {
        "case": f"a.py::chain[{n}]",
        "engine": engine,
        "phase": phase,
        "symbols": {"n": n},
        "sizes": ["n"],
        "nodes": n,
        "opcodes": None,
        "memory": None,
    }
    stats = {"min": least, "median": 2 * least}
    return {"extra_info": {"gradcheck": facts | said}, "stats": stats}


def rows(table):
    return [line.split() for line in table.splitlines()[2:]]


def test_times_are_by_call_and_by_node_beside_the_floor_and_our_engine():
    found = timings(
        [
            timing("numpy", 10, 1e-6),
            timing("engine", 10, 4e-6, memory=1600, opcodes=77),
            timing("torch", 10, 2e-5),
            {"extra_info": {}, "stats": {}},
        ]
    )
    floor, engine, torch = rows(times(found))
    assert floor[3:] == ["10", "1", "us", "2", "us", "100", "ns", "200", "ns", "0.25"]
    assert engine[3:] == ["10", "4", "us", "8", "us", "400", "ns", "800", "ns", "4", "160", "77"]
    assert torch[3:] == ["10", "20", "us", "40", "us", "2", "us", "4", "us", "20", "5"]


def test_what_is_not_known_is_left_empty():
    [row] = rows(times(timings([timing("torch", 10, 2.5, nodes=None)])))
    assert row == ["a.py::chain[10]", "forward", "torch", "2.5", "s", "5", "s"]


def test_growth_is_fitted_by_case_phase_and_engine():
    linear = [timing("engine", n, 1e-6 * n) for n in (10, 1_000, 10_000, 100_000)]
    square = [timing("torch", n, 1e-6 * n**2, phase="backward") for n in (10, 100)]
    alone = [timing("jax", 10, 1.0)]
    assert [" ".join(row) for row in rows(growth(timings([*linear, *square, *alone])))] == [
        "a.py::chain forward engine n = 1,000 to 100,000 1.00 +- 0.00",
        "a.py::chain backward torch n = 10 to 100 2.00",
    ]
    assert growth(timings(alone)) == ""


def test_other_values_of_a_case_are_fitted_apart():
    def at(n, dtype):
        symbols = {"n": n, "dtype": dtype}
        return timing("engine", n, 1e-6 * n, case=f"a::c[{n}-{dtype}]", symbols=symbols)

    table = growth(timings([at(n, d) for n in (1, 10) for d in ("float32", "float64")]))
    assert [row[:2] for row in rows(table)] == [
        ["a::c", "dtype=float32"],
        ["a::c", "dtype=float64"],
    ]


def test_reasons_stand_below_each_other():
    assert reasons("not timed:", {"a": "why", "b": "so"}) == "not timed:\n  a: why\n  b: so"
