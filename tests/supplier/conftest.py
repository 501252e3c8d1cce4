"""A supplier, started and stopped."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.supplier.desk import Desk


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    """A supplier with 100 MiB to give, who has nobody yet."""
    desk = Desk(tmp_path).start()
    yield desk
    desk.stop()
    assert desk.clock.getDelayedCalls() == []
