import pytest

from gradcheck.adapters import ADAPTERS
from gradcheck.checks import CHECKS
from gradcheck.registry import Registry


def test_a_name_is_taken_once():
    registry = Registry("thing", "gradcheck.commands")
    registry.register("a")(1)
    with pytest.raises(ValueError, match="the thing 'a' is there already"):
        registry.register("a")(2)


def test_registering_returns_what_is_registered():
    assert Registry("thing", "gradcheck.commands").register("a")(len) is len


def test_plug_ins_are_found_without_a_list():
    assert {"engine", "rule"} <= set(ADAPTERS)
    assert {"structure", "value", "vjp", "accumulation", "purity"} <= set(CHECKS)


def test_what_is_not_there():
    assert "nonsense" not in CHECKS
    with pytest.raises(KeyError):
        CHECKS["nonsense"]
