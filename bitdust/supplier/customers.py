"""
The table of customers: to whom we promised how much, and when we last heard of them.

`used` is what a customer's files take on our disk at most, at this very moment: pieces and segments that
are there, that are arriving, and that are being removed; `files` is how many these are.  Both change only
together with the rows they count.
"""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass

from bitdust.errors import Conflict, Denied

#: the tables of shelf.db, one script per version
SCHEMA = [
    """
    CREATE TABLE customers (
        fingerprint TEXT PRIMARY KEY,
        idurl TEXT NOT NULL,
        state TEXT NOT NULL CHECK (state IN ('active', 'cancelled', 'expired')),
        granted INTEGER NOT NULL,
        used INTEGER NOT NULL DEFAULT 0 CHECK (used >= 0),
        files INTEGER NOT NULL DEFAULT 0 CHECK (files >= 0),
        since INTEGER NOT NULL,
        last_contact INTEGER NOT NULL,
        epoch INTEGER NOT NULL,
        grace REAL
    ) STRICT;
    CREATE TABLE arrivals (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        customer TEXT NOT NULL REFERENCES customers,
        path TEXT NOT NULL,
        charge INTEGER NOT NULL
    ) STRICT;
    CREATE TABLE pieces (
        customer TEXT NOT NULL REFERENCES customers,
        block BLOB NOT NULL,
        number INTEGER NOT NULL,
        root BLOB NOT NULL,
        size INTEGER NOT NULL,
        k INTEGER NOT NULL,
        n INTEGER NOT NULL,
        unit INTEGER NOT NULL,
        block_size INTEGER NOT NULL,
        time INTEGER NOT NULL,
        damaged INTEGER NOT NULL DEFAULT 0,
        path TEXT NOT NULL,
        charge INTEGER NOT NULL,
        PRIMARY KEY (customer, block, number)
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE segments (
        customer TEXT NOT NULL REFERENCES customers,
        epoch INTEGER NOT NULL,
        number INTEGER NOT NULL,
        root BLOB NOT NULL,
        size INTEGER NOT NULL,
        time INTEGER NOT NULL,
        path TEXT NOT NULL,
        charge INTEGER NOT NULL,
        PRIMARY KEY (customer, epoch, number)
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE heads (
        customer TEXT PRIMARY KEY REFERENCES customers,
        head BLOB NOT NULL
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE going (
        path TEXT PRIMARY KEY,
        customer TEXT NOT NULL REFERENCES customers,
        charge INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE tombstones (
        customer TEXT NOT NULL REFERENCES customers,
        block BLOB NOT NULL,
        not_before INTEGER NOT NULL,
        made INTEGER NOT NULL,
        done INTEGER NOT NULL DEFAULT 0,
        PRIMARY KEY (customer, block)
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX tombstones_by_time ON tombstones (done, not_before);
    """,
    """
    CREATE TABLE rejected (fingerprint TEXT PRIMARY KEY) STRICT, WITHOUT ROWID;
    """,
    """
    -- One row: the piece that was verified last, and when the last round began (0: never).
    CREATE TABLE scrub (
        customer TEXT NOT NULL,
        block BLOB NOT NULL,
        number INTEGER NOT NULL,
        at INTEGER NOT NULL
    ) STRICT;
    INSERT INTO scrub VALUES ('', x'', -1, 0);
    """,
    """
    -- What each customer is told about his contract (`notices.Row`).
    CREATE TABLE notices (
        customer TEXT PRIMARY KEY REFERENCES customers,
        state TEXT NOT NULL,
        since INTEGER NOT NULL,
        until INTEGER NOT NULL,
        told INTEGER NOT NULL,
        heard INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID;
    """,
    """
    -- One row: seconds that this supplier has lived through (`lived`), and the latest wall clock then.
    CREATE TABLE lived (seconds REAL NOT NULL, high REAL NOT NULL) STRICT;
    INSERT INTO lived VALUES (0, 0);
    -- How many they were at a customer's last sign of life, and when a deletion is due.
    ALTER TABLE customers ADD COLUMN lived REAL NOT NULL DEFAULT 0;
    ALTER TABLE tombstones ADD COLUMN due_lived REAL NOT NULL DEFAULT 0;
    """,
]


class NotCustomer(Denied):
    """You have no contract with this supplier."""

    id = "not_customer"
    http_status = 403
    default_hint = "ask for a contract first"


@dataclass(frozen=True)
class Customer:
    """
    One row.  `grace` is None, or the seconds this node ran since it noticed that the term ends; `lived` what
    it had lived through at the last contact (`lived`).
    """

    fingerprint: str
    idurl: str
    state: str
    granted: int
    used: int
    files: int
    since: int
    last_contact: int
    epoch: int
    grace: float | None
    lived: float = 0.0


def everyone(c: sqlite3.Connection) -> list[Customer]:
    """All customers, past ones too, in the order they came."""
    return [Customer(*row) for row in c.execute("SELECT * FROM customers ORDER BY since, fingerprint")]


def find(c: sqlite3.Connection, fingerprint: str) -> Customer | None:
    """The customer of that fingerprint, past or present."""
    row = c.execute("SELECT * FROM customers WHERE fingerprint = ?", (fingerprint,)).fetchone()
    return Customer(*row) if row else None


def active(c: sqlite3.Connection, fingerprint: str) -> Customer:
    """
    The customer, if he has a contract.

    @raise NotCustomer: he has none, or none any more.
    """
    customer = find(c, fingerprint)
    if customer is None:
        raise NotCustomer()
    if customer.state != "active":
        raise NotCustomer(f"your contract with this supplier is {customer.state}")
    return customer


def write_in(c: sqlite3.Connection, customer: Customer) -> None:
    """Make or replace the row, except for what is counted (`used`, `files`)."""
    c.execute(
        """INSERT INTO customers (fingerprint, idurl, state, granted, since, last_contact, epoch, grace,
             lived)
           VALUES (?, ?, ?, ?, ?, ?, ?, NULL, ?)
           ON CONFLICT (fingerprint) DO UPDATE SET idurl = excluded.idurl, state = excluded.state,
             granted = excluded.granted, since = excluded.since, last_contact = excluded.last_contact,
             epoch = excluded.epoch, grace = NULL, lived = excluded.lived""",
        (
            customer.fingerprint, customer.idurl, customer.state, customer.granted, customer.since,
            customer.last_contact, customer.epoch, customer.lived,
        ),
    )  # fmt: skip


def heard(c: sqlite3.Connection, fingerprint: str, now: int, lived: float, idurl: str = "") -> bool:
    """He showed a sign of life: his term begins anew.  False: he is a stranger, and nothing happens."""
    known = c.execute(
        """UPDATE customers SET last_contact = ?, lived = ?, grace = NULL,
             idurl = coalesce(nullif(?, ''), idurl)
           WHERE fingerprint = ?""",
        (now, lived, idurl, fingerprint),
    )
    return bool(known.rowcount)


def not_behind(c: sqlite3.Connection, customer: Customer, epoch: int) -> None:
    """
    Remember the highest epoch the customer has shown.

    @raise Conflict: he has shown a higher one: the identity was recovered, and the asker is the old one.
    """
    if epoch < customer.epoch:
        raise Conflict(
            f"epoch {epoch} is over: this supplier has seen epoch {customer.epoch} of the same customer",
            hint="the identity was recovered on another machine, which now owns the backups",
        )
    if epoch > customer.epoch:
        c.execute("UPDATE customers SET epoch = ? WHERE fingerprint = ?", (epoch, customer.fingerprint))


def reject(c: sqlite3.Connection, fingerprint: str, rejected: bool) -> None:
    """From now on he gets no contract; or he may ask again."""
    c.execute("DELETE FROM rejected WHERE fingerprint = ?", (fingerprint,))
    if rejected:
        c.execute("INSERT INTO rejected VALUES (?)", (fingerprint,))


def is_rejected(c: sqlite3.Connection, fingerprint: str) -> bool:
    """Has the owner of this node ended his contract?"""
    return c.execute("SELECT 1 FROM rejected WHERE fingerprint = ?", (fingerprint,)).fetchone() is not None


def count(c: sqlite3.Connection, fingerprint: str, charge: int, files: int) -> None:
    """More, or fewer, bytes and files of his are here.  Only for who changes the counted rows too."""
    c.execute(
        "UPDATE customers SET used = used + ?, files = files + ? WHERE fingerprint = ?",
        (charge, files, fingerprint),
    )


def promised(c: sqlite3.Connection) -> int:
    """Bytes of the donated space that are spoken for: grants, and what past customers still take."""
    active = "CASE state WHEN 'active' THEN max(granted, used) ELSE used END"
    return _sum(c, f"SELECT sum({active}) FROM customers")  # noqa: S608 - our own words


def used(c: sqlite3.Connection) -> int:
    """Bytes that all customers take."""
    return _sum(c, "SELECT sum(used) FROM customers")


def recount(c: sqlite3.Connection) -> None:
    """Make `used` and `files` the sums they stand for: at start, when nothing is arriving."""
    c.execute(
        """UPDATE customers SET (used, files) =
           (SELECT coalesce(sum(charge), 0), count(*) FROM
             (SELECT customer, charge FROM pieces UNION ALL SELECT customer, charge FROM segments
              UNION ALL SELECT customer, charge FROM arrivals UNION ALL SELECT customer, charge FROM going)
            WHERE customer = fingerprint)"""
    )


def _sum(c: sqlite3.Connection, query: str) -> int:
    (total,) = c.execute(query).fetchone()
    return int(total or 0)
