"""Writes the golden vectors of letters.  A vector that exists never changes."""

from __future__ import annotations

import json
from pathlib import Path

from bitdust.messaging.receipt import sign_receipt
from tests.identity.people import ALICE, BOB
from tests.messaging.samples import FROM, ID, READER, TIME, letter

if __name__ == "__main__":
    told = {
        "sender_master": ALICE.hex(),
        "recipient_master": BOB.hex(),
        "ephemeral_secret": bytes(range(32)).hex(),
        "id": ID.hex(),
        "time": TIME,
        "kind": "text",
        "body": "hello",
        "document": FROM.raw.decode(),
        "letter": letter().hex(),
        "receipt": sign_receipt(READER, FROM.fingerprint, ID, TIME).hex(),
    }
    Path(__file__).with_name("letter.json").write_text(json.dumps(told, indent=1) + "\n")
