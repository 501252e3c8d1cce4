"""
A folder to back up when the user names none: mixed files of about 25 MiB, the same for the same seed.
"""

from __future__ import annotations

import os
import random
from pathlib import Path

#: bytes that compress well, and bytes that do not at all
WORDS = b"the quick brown fox keeps its pieces on other people's disks and wants them all back "


def make_sample(folder: Path, seed: int) -> None:
    """Write the sample into a new folder: photos, notes, a mailbox, odd names, links, an empty folder."""
    rng = random.Random(seed)  # noqa: S311 - sample files, not secrets
    photos, notes, deep = folder / "photos", folder / "notes", folder / "a" / "b" / "c" / "d"
    for each in (photos, notes, deep, folder / "empty"):
        each.mkdir(parents=True)
    for number in range(6):
        (photos / f"IMG_{number:04}.jpg").write_bytes(rng.randbytes(rng.randrange(1, 5) * 2**20 + number))
    for number in range(200):
        text = WORDS * rng.randrange(1, 40)
        (notes / f"note {number}.txt").write_bytes(b"%d\n" % number + text)
    (folder / "mailbox").write_bytes(b"".join(WORDS + rng.randbytes(20) for _ in range(40000)))
    (deep / "nothing").touch()
    (deep / "ümläut – 名前").write_text("names are bytes\n")
    Path(os.fsdecode(os.fsencode(deep) + b"/not \xff utf-8")).write_bytes(b"and stay so\n")
    (deep / "script.sh").write_text("#!/bin/sh\necho hello\n")
    (deep / "script.sh").chmod(0o755)
    (folder / "latest").symlink_to("photos/IMG_0005.jpg")
    (folder / "broken").symlink_to("nowhere")
    (folder / "second name").hardlink_to(photos / "IMG_0000.jpg")
    with (folder / "sparse").open("wb") as sparse:
        sparse.seek(8 * 2**20)
        sparse.write(b"the end")
