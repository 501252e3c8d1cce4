"""Which implementation is used."""

import pytest

from bitdust.blocks import erasure
from bitdust.blocks.erasure import Code, Codecs, agrees
from bitdust.blocks.isal import find_isal


def test_everything_works_without_isal(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the library zfec does it."""
    monkeypatch.setattr(erasure, "find_isal", lambda: None)
    codecs = Codecs.best()
    assert codecs.name == "zfec"
    assert agrees(codecs.code(7, 13), Code(7, 13))


def test_a_lying_accelerator_is_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    """A library that gives other bytes than zfec, even in one shape, is refused at the start."""

    class Wrong(Code):
        def __init__(self, k: int, n: int, isal: object) -> None:
            super().__init__(k, n)

        def _solve(self, have: object, units: object, wanted: object) -> list[bytes]:
            found = super()._solve(have, units, wanted)  # type: ignore[arg-type]
            return [found[0][:-1] + b"!", *found[1:]] if self.n == 64 else found

    monkeypatch.setattr(erasure, "find_isal", object)
    monkeypatch.setattr(erasure, "IsalCode", Wrong)
    assert Codecs.best().name == "zfec"


def test_isal_is_taken_where_it_is() -> None:
    """Installed and honest: used."""
    assert Codecs.best().name == ("ISA-L" if find_isal() else "zfec")


def test_codes_are_kept() -> None:
    """The same code is made once."""
    codecs = Codecs.reference()
    assert codecs.code(2, 4) is codecs.code(2, 4)
    assert codecs.code(2, 4) is not codecs.code(4, 7)
