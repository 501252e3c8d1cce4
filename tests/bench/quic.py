"""
The two libraries that speak QUIC without I/O, beside each other: one stream from a client to a server in the
same process, datagrams handed over by hand, so that nothing but the library is measured.
"""

from __future__ import annotations

import datetime
import importlib
import ssl
import tempfile
import time
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from tests.bench.measure import MB, Figures, alone
from tests.bench.peers import missing

#: ours first
LIBRARIES = ("qh3", "aioquic")
SIZE, STEP, PATIENCE = 16 * MB, 256 * 1024, 300.0
_CLIENT, _SERVER = ("192.0.2.1", 4001), ("192.0.2.2", 4002)


def run(figures: Figures, run: int) -> None:
    """CPU seconds for a GB of each library that is here, both ends together."""
    with tempfile.TemporaryDirectory() as folder, alone():
        certificate = _certificate(Path(folder))
        for library in LIBRARIES:
            try:
                found = importlib.import_module(f"{library}.quic.connection").QuicConnection
                configuration = importlib.import_module(f"{library}.quic.configuration").QuicConfiguration
            except ImportError:
                missing(figures, library, run, f"{library} is not installed")
                continue
            used = _carry(found, configuration, certificate)
            figures.add(library, "quic_cpu_per_gb", used / SIZE * 1e9, "s/GB", run)


def _carry(connection: Any, configuration: Any, certificate: tuple[str, str]) -> float:
    """CPU seconds for `SIZE` bytes of one stream."""
    theirs = configuration(is_client=False, alpn_protocols=["bench"])
    theirs.load_cert_chain(*certificate)
    ours = configuration(
        is_client=True, alpn_protocols=["bench"], server_name="bench", verify_mode=ssl.CERT_NONE
    )
    client = connection(configuration=ours)
    client.connect(_SERVER, now=0.0)
    server = connection(
        configuration=theirs,
        original_destination_connection_id=client.original_destination_connection_id,
    )
    began, now, given, got = time.process_time(), 0.0, 0, 0
    stream = None
    until = time.monotonic() + PATIENCE
    while got < SIZE:
        if time.monotonic() > until:
            raise RuntimeError(f"{got} of {SIZE} bytes came in {PATIENCE:.0f} s")
        now += 0.001
        _hand_over(client, server, _CLIENT, now)
        while (event := server.next_event()) is not None:
            got += len(getattr(event, "data", b""))
        _hand_over(server, client, _SERVER, now)
        while (event := client.next_event()) is not None:
            if type(event).__name__ == "HandshakeCompleted":
                stream = client.get_next_available_stream_id()
        if stream is not None and given < SIZE and given - got < 4 * STEP:
            client.send_stream_data(stream, bytes(STEP))
            given += STEP
        for end in (client, server):
            timer = end.get_timer()
            if timer is not None and timer <= now:
                end.handle_timer(now=now)
    return time.process_time() - began


def _hand_over(source: Any, target: Any, address: tuple[str, int], now: float) -> None:
    for datagram, _ in source.datagrams_to_send(now=now):
        target.receive_datagram(datagram, address, now=now)


def _certificate(folder: Path) -> tuple[str, str]:
    """The files of a certificate that names itself, and of its key."""
    key = generate_private_key(SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "bench")])
    now = datetime.datetime.now(datetime.UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .sign(key, SHA256())
    )
    files = folder / "certificate.pem", folder / "key.pem"
    files[0].write_bytes(certificate.public_bytes(Encoding.PEM))
    files[1].write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    return str(files[0]), str(files[1])
