"""
The figures as tables: `python -m tests.bench.render RESULTS.jsonl [--write docs/benchmarks.md]`.

Figures are medians.  With `--write`, what stands between the two marks of the document is replaced.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path
from statistics import median

from bitdust.blocks.shapes import k_of
from tests.bench.codes import BLOCKS as WHOLE
from tests.bench.pipeline import BLOCKS, UNITS
from tests.bench.quic import LIBRARIES
from tests.bench.scale import BYTES, FILES, VAST_BYTES, VAST_FILES
from tests.bench.shapes import SHAPES

BEGIN, END = "<!-- figures: made by tests/bench/render.py -->", "<!-- end of figures -->"

OURS, TAHOE, RESTIC = "bitdust", "tahoe-2-of-4", "restic"


class Medians:
    """The figures by peer and metric."""

    def __init__(self, rows: Sequence[dict[str, object]]) -> None:
        self.all: dict[tuple[str, str], list[float]] = defaultdict(list)
        self.missing: dict[str, str] = {}
        for row in rows:
            if row.get("metric") == "missing":
                self.missing[str(row["peer"])] = str(row["why"])
            elif "metric" in row:
                self.all[str(row["peer"]), str(row["metric"])].append(float(str(row["value"])))

    def of(self, peer: str, metric: str) -> float | None:
        """The median; None where nothing was measured."""
        found = self.all.get((peer, metric))
        return median(found) if found else None

    def cell(self, peer: str, metric: str, scale: float = 1.0) -> str:
        """The median for people, with the number of runs when they are fewer than three."""
        found = self.of(peer, metric)
        if found is None:
            return "–"
        runs = len(self.all[peer, metric])
        return shown(found * scale) + (f" (n={runs})" if runs < 3 else "")

    def ratio(self, peer: str, metric: str, other: str, its: str, *, less: bool = False) -> str:
        """How many times better we are than the other: of rates, or (`less`) of times."""
        one, two = self.of(peer, metric), self.of(other, its)
        if not one or not two:
            return "–"
        return f"{two / one if less else one / two:.2f}×"


def shown(value: float) -> str:
    """Three digits."""
    return f"{value:.0f}" if abs(value) >= 100 else f"{value:.3g}"


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Markdown."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines) + "\n"


def tables(rows: Sequence[dict[str, object]]) -> str:
    """Everything there are figures for."""
    m = Medians(rows)
    parts = [
        _about(rows),
        _large(m),
        _small(m),
        _parts(m),
        _pipeline(m),
        _codes(m),
        _shapes(m),
        _starts(m),
        _limits(m),
        _scale(m),
        _healing(m),
        _doors(m),
        _roads(m),
        _quic(m),
    ]
    parts += [f"{peer} is missing: {why}\n" for peer, why in sorted(m.missing.items())]
    return "\n".join(part for part in parts if part)


def _about(rows: Sequence[dict[str, object]]) -> str:
    for row in rows:
        about = row.get("about")
        if isinstance(about, dict):
            return (
                f"Measured {about['date']}: {about['cores']} cores, {about['system']},"
                f" Python {about['python']}, erasure code by {about['erasure_code']};"
                f" load average at the start {about['load']:.1f}.\n"
            )
    return ""


def _large(m: Medians) -> str:
    metrics = (
        ("store, MB/s", "backup_500MB_rate", "upload_500MB_rate", "backup_500MB_rate", False),
        ("restore, MB/s", "restore_500MB_rate", "download_500MB_rate", "restore_500MB_rate", False),
        ("unchanged again, s", "rerun_500MB", "", "rerun_500MB", True),
    )
    rows = [
        [
            f"**{text}**",
            m.cell(OURS, ours),
            m.cell(TAHOE, tahoe),
            m.cell(RESTIC, restic),
            m.ratio(OURS, ours, TAHOE, tahoe, less=less),
            m.ratio(OURS, ours, RESTIC, restic, less=less),
        ]
        for text, ours, tahoe, restic, less in metrics
    ]
    for what, ours, tahoe in (
        ("store", "backup_500MB", "upload_500MB"),
        ("restore", "restore_500MB", "download_500MB"),
    ):
        rows += [
            [
                f"{what}, CPU s/GB, client",
                m.cell(OURS, f"{ours}_client_cpu", 2),
                m.cell(TAHOE, f"{tahoe}_client_cpu", 2),
                m.cell(RESTIC, f"{ours}_cpu", 2),
                "",
                "",
            ],
            [
                f"{what}, CPU s/GB, the 4 servers",
                m.cell(OURS, f"{ours}_servers_cpu", 2),
                m.cell(TAHOE, f"{tahoe}_servers_cpu", 2),
                "none",
                "",
                "",
            ],
            [
                f"{what}, peak RSS of the client, MiB",
                m.cell(OURS, f"{ours}_client_peak_rss"),
                m.cell(TAHOE, f"{tahoe}_client_peak_rss"),
                m.cell(RESTIC, f"{ours}_peak_rss"),
                "",
                "",
            ],
            [
                f"{what}, peak RSS of a server, MiB",
                m.cell(OURS, f"{ours}_server_peak_rss"),
                m.cell(TAHOE, f"{tahoe}_server_peak_rss"),
                "none",
                "",
                "",
            ],
        ]
    rows.append(
        [
            "stored bytes / bytes",
            m.cell(OURS, "backup_500MB_stored_ratio"),
            m.cell(TAHOE, "upload_500MB_stored_ratio"),
            m.cell(RESTIC, "backup_500MB_stored_ratio"),
            "",
            "",
        ]
    )
    rows += [
        [f"{what}, cores that others kept busy meanwhile", m.cell(OURS, f"{metric}_others"), "?", "?", "", ""]
        for what, metric in (("store", "backup_500MB"), ("restore", "restore_500MB"))
        if m.of(OURS, f"{metric}_others") is not None
    ]
    head = [
        "500 MB file, random",
        "BitDust 2 of 4",
        "Tahoe-LAFS 2 of 4",
        "restic, local",
        "to Tahoe",
        "to restic",
    ]
    return table(head, rows)


def _small(m: Medians) -> str:
    rows = []
    for label in ("10000x10KB", "1000x10KB"):
        for what in ("backup", "rerun", "restore"):
            words = {"backup": "first backup", "rerun": "unchanged again", "restore": "restore"}[what]
            metric = f"{what}_{label}"
            rows.append(
                [
                    f"{label.replace('x', ' × ')}, {words}, s",
                    m.cell(OURS, metric),
                    m.cell(TAHOE, metric),
                    m.cell(RESTIC, metric),
                    m.ratio(OURS, metric, TAHOE, metric, less=True),
                    m.ratio(OURS, metric, RESTIC, metric, less=True),
                ]
            )
    for what, name in (("backup", "first backup"), ("restore", "restore")):
        metric = f"{what}_10000x10KB"
        rows.append(
            [
                f"10000 × 10KB, {name}, CPU s of the client",
                m.cell(OURS, metric + "_client_cpu"),
                m.cell(TAHOE, metric + "_client_cpu"),
                m.cell(RESTIC, metric + "_cpu"),
                "",
                "",
            ]
        )
        rows.append(
            [
                f"10000 × 10KB, {name}, peak RSS of the client, MiB",
                m.cell(OURS, metric + "_client_peak_rss"),
                m.cell(TAHOE, metric + "_client_peak_rss"),
                m.cell(RESTIC, metric + "_peak_rss"),
                "",
                "",
            ]
        )
    head = [
        "many small files",
        "BitDust 2 of 4",
        "Tahoe-LAFS 2 of 4",
        "restic, local",
        "to Tahoe",
        "to restic",
    ]
    return table(head, rows)


def _parts(m: Medians) -> str:
    named = (
        ("raw-pipeline", "store_", "the raw pipeline, two threads, pieces thrown away"),
        ("raw-pipeline-files", "store_", "the same, pieces to 4 local files, one fsync each"),
        (
            "prototype-tls",
            "store_",
            "bare prototype: pipeline, TLS, suppliers that check and write; no fsync",
        ),
        (OURS, "backup_500MB_", "BitDust, store of 500 MB: catalog, spool, receipts, fsync of every piece"),
    )
    rows = [
        [
            text,
            m.cell(peer, prefix + "rate"),
            m.cell(peer, prefix + "client_cpu_per_gb"),
            m.cell(peer, prefix + "servers_cpu_per_gb"),
            m.ratio(OURS, "backup_500MB_rate", peer, prefix + "rate") if peer != OURS else "",
        ]
        for peer, prefix, text in named
    ]
    return table(
        ["2 of 4, random bytes", "MB/s", "CPU s/GB, customer", "CPU s/GB, suppliers", "BitDust to it"], rows
    )


def _pipeline(m: Medians) -> str:
    """The pipeline alone, beside the prototype's; other units and blocks."""
    rows = []
    for shape, raw in (("2_of_4", "raw-pipeline"), ("4_of_7", ""), ("7_of_13", "raw-pipeline-7-of-13")):
        for code in ("ISA-L", "zfec"):
            metric = f"pipeline_{shape}_{code}"
            its = raw if code == "ISA-L" else ""
            rows.append(
                [
                    f"{shape.replace('_', ' ')}, {code}",
                    m.cell(OURS, metric + "_rate"),
                    m.cell(OURS, metric + "_cpu_per_gb"),
                    m.cell(its, "store_rate"),
                    m.cell(its, "store_client_cpu_per_gb"),
                    m.ratio(OURS, metric + "_rate", its, "store_rate"),
                ]
            )
    for what, sizes in (("unit", UNITS), ("block", BLOCKS)):
        unit = "KiB" if what == "unit" else "MiB"
        rows += [
            [
                f"2 of 4, {what} of {size} {unit}",
                m.cell(OURS, f"pipeline_{what}_{size}{unit}_rate"),
                m.cell(OURS, f"pipeline_{what}_{size}{unit}_cpu_per_gb"),
                "",
                "",
                "",
            ]
            for size in sizes
        ]
    if m.of(OURS, "pipeline_2_of_4_ISA-L_rate") is None:
        return ""
    head = ["the pipeline alone, two threads", "MB/s", "CPU s/GB", "raw, MB/s", "raw, CPU s/GB", "to raw"]
    return table(head, rows)


def _codes(m: Medians) -> str:
    """The other erasure code, and other blocks, from end to end."""
    named = [("ISA-L (the table above)", "500MB"), ("zfec", "zfec")]
    named += [(f"ISA-L, blocks of {size} MiB", f"block{size}") for size in WHOLE]
    rows = [
        [
            text,
            m.cell(OURS, f"backup_{label}_rate"),
            m.cell(OURS, f"backup_{label}_client_cpu_per_gb"),
            m.cell(OURS, f"backup_{label}_servers_cpu_per_gb"),
            m.cell(OURS, f"restore_{label}_rate"),
            m.cell(OURS, f"restore_{label}_fewest_rate"),
        ]
        for text, label in named
    ]
    if m.of(OURS, "backup_zfec_rate") is None and m.of(OURS, "backup_block16_rate") is None:
        return ""
    head = ["500 MB, 2 of 4", "store, MB/s", "CPU s/GB, customer", "CPU s/GB, suppliers"]
    return table([*head, "restore, MB/s", "restore from k, MB/s"], rows)


def _starts(m: Medians) -> str:
    if m.of(OURS, "start_node") is None:
        return ""
    rows = [
        ["a node killed and started: seconds until it answers", m.cell(OURS, "start_node")],
        ["the same: seconds of CPU", m.cell(OURS, "start_node_cpu")],
        ["identity server, 4 suppliers and a customer, all hired: seconds", m.cell(OURS, "network_hired")],
        ["a customer at rest: MiB", m.cell(OURS, "rest_rss_customer")],
        ["a supplier at rest: MiB", m.cell(OURS, "rest_rss_supplier")],
    ]
    return table(["beginning and rest", "measured"], rows)


def _scale(m: Medians) -> str:
    """How cost grows."""
    rows = []
    for size in (*BYTES, *VAST_BYTES):
        metric = f"scale_{size}MB"
        if m.of(OURS, f"{metric}_peak_rss") is None:
            continue
        for step in ("store", "restore"):
            rows.append(
                [
                    f"{size / 1000:g} GB, {step}",
                    m.cell(OURS, f"{metric}_{step}"),
                    m.cell(OURS, f"{metric}_{step}_client_cpu"),
                    m.cell(OURS, f"{metric}_{step}_client_cpu_per_gb") + " s/GB",
                    m.cell(OURS, f"{metric}_{step}_client_peak_rss"),
                    "",
                ]
            )
    for count in (*FILES, *VAST_FILES):
        metric = f"scale_{count}files"
        for step, word in (("first", "first backup"), ("again", "unchanged"), ("restore", "restore")):
            if m.of(OURS, f"{metric}_{step}") is None:
                continue
            rows.append(
                [
                    f"{count:,} × 1 KB, {word}",
                    m.cell(OURS, f"{metric}_{step}"),
                    m.cell(OURS, f"{metric}_{step}_client_cpu"),
                    m.cell(OURS, f"{metric}_{step}_client_cpu", 1e6 / count) + " µs/file",
                    m.cell(OURS, f"{metric}_{step}_client_peak_rss"),
                    m.cell(OURS, f"{metric}_page", 1000) if step == "again" else "",
                ]
            )
    head = [
        "how cost grows",
        "s",
        "CPU s, customer",
        "for each",
        "peak RSS, MiB",
        "a page of its listing, ms",
    ]
    return table(head, rows) if rows else ""


def _shapes(m: Medians) -> str:
    if m.of(OURS, "backup_n4_rate") is None:
        return ""
    sent, rate = m.of(OURS, "backup_n4_sent"), m.of(OURS, "backup_n4_rate")
    rows = []
    for n in SHAPES:
        its_sent, its_rate = m.of(OURS, f"backup_n{n}_sent"), m.of(OURS, f"backup_n{n}_rate")
        both = sent and rate and its_sent and its_rate
        rows.append(
            [
                f"{k_of(n)} of {n}",
                m.cell(OURS, f"backup_n{n}_rate"),
                m.cell(OURS, f"restore_n{n}_rate"),
                m.cell(OURS, f"restore_n{n}_fewest_rate"),
                f"{its_rate / rate:.2f}×" if both and its_rate and rate else "–",
                f"{its_sent / sent:.2f}×" if both and its_sent and sent else "–",
                m.cell(OURS, f"start_n{n}"),
            ]
        )
    head = [
        "500 MB file, random",
        "store, MB/s",
        "restore, MB/s",
        "restore from k suppliers, MB/s",
        "store to 2 of 4",
        "bytes sent to 2 of 4",
        "start of the node, s",
    ]
    return table(head, rows)


def _limits(m: Medians) -> str:
    if m.of(OURS, "limit_2GB_peak_rss") is None:
        return ""
    yes = {1.0: "yes", 0.0: "**no**"}

    def told(metric: str) -> str:
        found = m.of(OURS, metric)
        return "–" if found is None else yes[found]

    rows = [
        [
            "2 GB file: peak RSS of the customer, store, change, restore",
            m.cell(OURS, "limit_2GB_peak_rss") + " MiB",
        ],
        ["store, MB/s", m.cell(OURS, "backup_2GB_rate")],
        ["restore, MB/s", m.cell(OURS, "restore_2GB_rate")],
        ["came back identical", told("restore_2GB_identical")],
        [
            "one byte changed: sent to all suppliers together",
            m.cell(OURS, "one_byte_2GB_sent", 2**-20) + " MiB",
        ],
        ["10,000 × 10 KB: peak RSS of the customer", m.cell(OURS, "limit_10000x10KB_peak_rss") + " MiB"],
        ["came back identical", told("restore_10000x10KB_identical")],
        ["unchanged: bytes of files read", m.cell(OURS, "unchanged_10000x10KB_read")],
        ["unchanged: bytes of pieces sent", m.cell(OURS, "unchanged_10000x10KB_sent")],
        [
            "unchanged: all that the customer's process read, sockets and database included",
            m.cell(OURS, "unchanged_10000x10KB_rchar", 2**-20) + " MiB",
        ],
        ["unchanged: growth at the 4 suppliers", m.cell(OURS, "unchanged_10000x10KB_grown") + " bytes"],
    ]
    return table(["the limits of a customer", "measured"], rows)


def _healing(m: Medians) -> str:
    """Losses that were repaired: seconds, and bytes that the one who repairs moved."""
    ours, tahoe = "bitdust-4-of-7", "tahoe-4-of-7"
    rows = []
    for what, who, metric in (
        ("one supplier of 7 lost: BitDust, by itself", ours, "repair_100MB_1_lost"),
        (
            "the same, and the file is not on the customer's disk any more",
            ours,
            "repair_100MB_1_lost_file_gone",
        ),
        ("the same: Tahoe-LAFS, `check --repair`", tahoe, "repair_100MB_1_lost"),
        ("two of 7 lost at once: BitDust, one after the other by itself", ours, "repair_100MB_2_lost"),
        ("the same: Tahoe-LAFS, `check --repair`", tahoe, "repair_100MB_2_lost"),
    ):
        if m.of(who, metric) is not None:
            rows.append(
                [
                    what,
                    m.cell(who, metric),
                    m.cell(who, metric + "_in", 1e-6),
                    m.cell(who, metric + "_out", 1e-6),
                    m.cell(who, metric + "_to_least"),
                ]
            )
    head = ["100 MB at 4 of 7", "seconds", "MB in", "MB out", "to the least that must be moved"]
    return table(head, rows) if rows else ""


def _doors(m: Medians) -> str:
    if m.of(OURS, "calls_bare") is None:
        return ""
    named = (("bare", "a bare Resource"), ("xmlrpc", "XML-RPC"), ("jsonrpc", "JSON-RPC"), ("rest", "REST"))
    rows = [
        [
            text,
            m.cell(OURS, f"calls_{door}"),
            "" if door == "bare" else m.ratio(OURS, f"calls_{door}", OURS, "calls_bare"),
        ]
        for door, text in named
    ]
    first = table(["`config_get`, one after another", "calls/s", "to a bare Resource"], rows)
    bare, ours = m.of(OURS, "command_bare") or 0.0, m.of(OURS, "command_answer") or 0.0
    second = table(
        ["the command line", "ms"],
        [
            ["`python -c pass`", shown(bare * 1000)],
            ["`bitdust --json supplier list`, answered by a node", shown(ours * 1000)],
        ],
    )
    return f"{first}\n{second}"


def _roads(m: Medians) -> str:
    named = (
        ("plain", "loopback"),
        ("wire", "wire between namespaces"),
        ("delay", "wire, 40 ms each way"),
        ("loss", "wire, 1 % lost"),
        ("both", "wire, 40 ms each way, 1 % lost"),
        ("disorder", "wire, 40 to 70 ms each way, out of order"),
        ("storm", "the same, 5 % lost"),
    )
    rows = [
        [
            f"{text}: {'to the listener' if way == 'up' else 'to the dialer'}",
            *(
                m.cell(OURS, f"road_{scheme}_{wire}_{way}_{key}")
                for key in ("rate", "ours", "theirs")
                for scheme in ("tcp", "udp")
            ),
        ]
        for wire, text in named
        for way in ("up", "down")
        if m.of(OURS, f"road_tcp_{wire}_{way}_rate") is not None
    ]
    head = ["one link, four bodies at a time", "TCP, MB/s", "UDP, MB/s"]
    head += [f"{end}, {scheme}, CPU s/GB" for end in ("dialer", "listener") for scheme in ("TCP", "UDP")]
    return table(head, rows) if rows else ""


def _quic(m: Medians) -> str:
    rows = [[library, m.cell(library, "quic_cpu_per_gb")] for library in LIBRARIES]
    measured = any(m.of(library, "quic_cpu_per_gb") for library in LIBRARIES)
    return table(["QUIC alone, both ends of a stream in one process", "CPU s/GB"], rows) if measured else ""


def main() -> int:
    """Print the tables of a results file, or put them into a document."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.render", description=__doc__)
    parser.add_argument("results", type=Path, nargs="+")
    parser.add_argument("--write", type=Path)
    options = parser.parse_args()
    rows = [json.loads(line) for path in options.results for line in path.read_text().splitlines()]
    text = tables(rows)
    if options.write is None:
        print(text)
        return 0
    before, _, rest = options.write.read_text().partition(BEGIN)
    options.write.write_text(f"{before}{BEGIN}\n\n{text}\n{END}{rest.partition(END)[2]}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
