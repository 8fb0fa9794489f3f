import pytest

from gradcheck.adapters import ADAPTERS
from gradcheck.checks import CHECKS
from gradcheck.registry import Registry


def test_a_name_is_taken_once():
    registry = Registry("thing", "gradcheck.commands")
    registry.register("a")(1)
    with pytest.raises(ValueError, match="the thing 'a' is there already"):
        registry.register("a")(2)


def test_a_module_imported_anew_enters_its_own_once_more():
    def enter(registry, value):
        def plugin():
            return value

        return registry.register("a")(plugin)

    registry = Registry("thing", "gradcheck.commands")
    enter(registry, 1)
    assert enter(registry, 2) is registry["a"]
    with pytest.raises(ValueError, match="is there already"):
        registry.register("a")(len)


def test_registering_returns_what_is_registered():
    assert Registry("thing", "gradcheck.commands").register("a")(len) is len


def test_plug_ins_are_found_without_a_list():
    assert {"engine", "rule"} <= set(ADAPTERS)
    assert {"structure", "value", "vjp", "accumulation", "purity"} <= set(CHECKS)


def test_what_is_not_there():
    assert "nonsense" not in CHECKS
    with pytest.raises(KeyError):
        CHECKS["nonsense"]
