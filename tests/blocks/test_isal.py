"""The accelerator."""

import pytest

from bitdust.blocks import isal as isal_module
from bitdust.blocks.isal import Isal, IsalCode, find_isal
from tests.blocks.material import stuff


@pytest.fixture
def isal() -> Isal:
    """The library of this machine."""
    found = find_isal()
    if found is None:
        pytest.skip("ISA-L is not installed here")
    return found


def test_the_wheel_has_it() -> None:
    """With the extra `fast` there is a library."""
    pytest.importorskip("pyeclib")
    assert find_isal() is not None


def test_another_library_is_not_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    """A file that is no library, or another one, is passed over."""
    monkeypatch.setattr(isal_module, "_paths", lambda: ["/nonexistent", "libc.so.6"])
    assert find_isal() is None


def test_the_system_is_asked_without_the_wheel(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without PyECLib the system's own library is looked for."""
    monkeypatch.setattr(isal_module, "find_spec", lambda name: None)
    monkeypatch.setattr(isal_module, "find_library", lambda name: f"lib{name}.so.2")
    assert isal_module._paths() == ["libisal.so.2"]


def test_tables_are_bounded(isal: Isal, monkeypatch: pytest.MonkeyPatch) -> None:
    """However many patterns of loss are met, few tables are kept."""
    monkeypatch.setattr(isal_module, "_TABLES", 3)
    code = IsalCode(4, 7, isal)
    units = code.encode([stuff(9, unit) for unit in range(4)], range(7))
    for lost in range(4):
        found = {number: unit for number, unit in enumerate(units) if number != lost}
        assert code.decode(found) == units[:4]
    assert len(code._tables) <= 3


def test_large_answers_are_not_kept(isal: Isal, monkeypatch: pytest.MonkeyPatch) -> None:
    """The buffer a thread keeps has a bound."""
    monkeypatch.setattr(isal_module, "_KEPT", 100)
    code = IsalCode(2, 4, isal)
    assert len(code.encode([bytes(200), bytes(200)], [2])[0]) == 200
    assert not hasattr(code._own, "space")


def test_scattered_memory_is_refused(isal: Isal) -> None:
    """A view with gaps has no address to give away."""
    code = IsalCode(1, 2, isal)
    with pytest.raises((TypeError, BufferError)):
        code.encode([memoryview(bytearray(20))[::2]], [1])
