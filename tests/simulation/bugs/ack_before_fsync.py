"""A piece is acknowledged before it is durable."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from unittest import mock

from bitdust.supplier.piece_file import FileWriter
from tests.simulation.plan import SMALL

MIX = SMALL.with_mix(crash=6, cut=2)


def finish(writer: FileWriter) -> None:
    """As it is, without a sync."""
    writer._put(writer.after())
    descriptor, writer._descriptor = writer._descriptor, -1
    writer._drive.close(descriptor)
    writer._drive.folder(writer._path.parent)
    writer._drive.rename(writer._temporary, writer._path)


@contextmanager
def planted() -> Iterator[None]:
    with mock.patch.object(FileWriter, "finish", finish):
        yield
