"""What a place that keeps documents and records lets in: the rules that every backend shares."""

from __future__ import annotations

from bitdust.directory.record import RecordCover, check_record
from bitdust.errors import BadIdentity, Conflict
from bitdust.identity.document import Document, check_successor, parse

#: seconds that a recovery record is kept
KEPT_FOR = 365 * 86_400


def admit_document(idurl: str, raw: bytes, kept: bytes | None) -> Document:
    """
    May `raw` be served under the IDURL, where `kept` is served now?

    @raise BadIdentity: it is no valid document, or does not list this IDURL.
    @raise Conflict: the name belongs to another key, or a newer document is there.
    """
    document = parse(raw)
    if idurl not in document.sources:
        raise BadIdentity(f"the identity does not list {idurl} among its sources")
    if kept is not None:
        old = parse(kept)
        if old.fingerprint != document.fingerprint:
            raise Conflict(f"the name {idurl} belongs to somebody else", hint="choose another name")
        try:
            check_successor(old, document)
        except BadIdentity as error:
            raise Conflict(error.message, hint="publish the newest document") from error
    return document


def admit_record(name: str, raw: bytes, kept: bytes | None) -> RecordCover:
    """
    May `raw` be kept under that name, where `kept` is now?

    @raise Usage: it is no record of that name.
    @raise Conflict: its sequence number is lower, or the same with other content.
    """
    cover = check_record(name, raw)
    if kept is not None and kept != raw and check_record(name, kept).sequence >= cover.sequence:
        raise Conflict(
            "a recovery record with the same or a higher sequence number is kept already",
            hint="raise the sequence number above that of the record kept",
        )
    return cover
