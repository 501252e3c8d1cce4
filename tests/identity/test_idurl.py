"""Names of identities."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bitdust.errors import Usage
from bitdust.identity.idurl import check_name, is_idurl, is_private, parse_idurl, seen_at

PIN = "a" * 52


@pytest.mark.parametrize(
    "url",
    [
        "http://example.org/alice.xml",
        "https://example.org:8443/al-ice_7.xml",
        "http://127.0.0.1:8084/bob.xml",
        "http://[::1]:8084/bob.xml",
        "http://localhost:1/bob.xml",
    ],
)
def test_good_names(url):
    """Names, addresses and ports are taken, with and without a fingerprint."""
    assert parse_idurl(url).url == url
    pinned = parse_idurl(f"{url}#fp={PIN}")
    assert (pinned.url, pinned.fingerprint, pinned.text) == (url, PIN, f"{url}#fp={PIN}")
    assert pinned.vouched


def test_seen_is_not_vouched_for():
    """What a search hands on says who is meant, and is nobody's word."""
    text = seen_at("http://example.org/alice.xml", PIN)
    seen = parse_idurl(text)
    assert (seen.fingerprint, seen.vouched, seen.text) == (PIN, False, text)
    assert not is_idurl(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "alice",
        "ftp://example.org/alice.xml",
        "http://example.org/al.xml",
        "http://example.org/" + "a" * 21 + ".xml",
        "http://example.org/../alice.xml",
        "http://example.org/a/alice.xml",
        "http://example.org/%61lice.xml",
        "http://example.org/%2e%2e%2falice.xml",
        "http://example.org/alice.xml?x=1",
        "http://example.org/Alice.xml",
        "http://Example.org/alice.xml",
        "http://example.org:80/alice.xml",
        "https://example.org:443/alice.xml",
        "http://example.org:080/alice.xml",
        "http://example.org:99999/alice.xml",
        "http://user@example.org/alice.xml",
        "http://example..org/alice.xml",
        "http://-example.org/alice.xml",
        "http://127.1/alice.xml",
        "http://0x7f000001/alice.xml",
        "http://2130706433/alice.xml",
        "http://010.0.0.1/alice.xml",
        "http://[::0001]/alice.xml",
        "http://[zz]/alice.xml",
        "http://ex\nample.org/alice.xml",
        "http://example.org/alice.xml\n/x",
        "http://еxample.org/alice.xml",
        "http://example.org/alice.xml#fp=abc",
        "http://example.org/alice.xml#" + PIN,
        "http://example.org/alice.xml#=" + PIN,
        "http://example.org/alice.xml#fp" + PIN,
        "http://example.org/alice.xml#seen=abc",
        "http://example.org/alice.xml#SEEN=" + PIN,
        "http://example.org/alice.xml#seen=" + PIN + "#fp=" + PIN,
        "http://example.org/alice.xml#fp=" + PIN.upper(),
        "http://" + "a" * 250 + "/alice.xml",
    ],
)
def test_hostile_and_ambiguous_names(text):
    """One spelling only: what climbs, hides or could be written otherwise is refused."""
    with pytest.raises(Usage):
        parse_idurl(text)


@given(st.text(max_size=300))
def test_any_text_is_a_name_or_refused(text):
    """No text does anything else."""
    if is_idurl(text):
        assert parse_idurl(text).text == text


@pytest.mark.parametrize(
    "host",
    [
        *("127.0.0.1", "10.1.2.3", "192.168.0.1", "169.254.169.254", "0.0.0.0", "224.0.0.1", "100.64.0.1"),
        *("[::1]", "[fe80::1]", "[fd00::1]", "[::ffff:127.0.0.1]", "[64:ff9b::7f00:1]", "[2002:7f00:1::]"),
        *("[::127.0.0.1]", "[::7f00:1]", "[::8.8.8.8]", "[::ffff:0:7f00:1]", "[fec0::1]", "[2002:a00:1::1]"),
        *("localhost", "printer.local"),
    ],
)
def test_private_hosts(host):
    """Addresses of our own networks are seen through every disguise."""
    assert is_private(host)


@pytest.mark.parametrize("host", ["example.org", "8.8.8.8", "[2606:4700::1111]", "[64:ff9b::808:808]"])
def test_public_hosts(host):
    """The Internet is not private."""
    assert not is_private(host)


def test_names_people_may_have():
    """3 to 20 characters of a-z 0-9 - _."""
    assert check_name("al-ice_7") == "al-ice_7"
    for name in ("al", "a" * 21, "Alice", "al ice", "al.ice", "alice\n"):
        with pytest.raises(Usage):
            check_name(name)
