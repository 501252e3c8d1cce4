"""
identity_role -- this node as an identity server for others, when its owner wants that.
"""

from __future__ import annotations

from twisted.internet.interfaces import IListeningPort

from bitdust.directory.identity_server import SCHEMA, IdentityServer, serve
from bitdust.node.seams import Databases, Ground


def serve_identities(ground: Ground, databases: Databases) -> IListeningPort | None:
    """
    Serve, as the settings `services/identity-server/` say; None when they say no.

    @raise Conflict: the port is taken.  @raise Usage: the certificate cannot be used.
    """
    settings = ground.settings
    if not settings.flag("services/identity-server/enabled"):
        return None
    certificate = settings.file("services/identity-server/certificate")
    port = settings.number("services/identity-server/web-port")
    host = settings.words("services/identity-server/host") or "127.0.0.1"
    scheme, usual = ("http", 80) if certificate is None else ("https", 443)
    base = f"{scheme}://{host}" if port == usual else f"{scheme}://{host}:{port}"
    server = IdentityServer(databases.open("identities.db", SCHEMA), ground.wall, ground.reactor, base)
    return serve(
        ground.reactor,
        server,
        interface=settings.words("services/identity-server/interface"),
        port=port,
        certificate=certificate,
        key=settings.file("services/identity-server/private-key"),
    )
