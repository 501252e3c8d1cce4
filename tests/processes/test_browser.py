"""The pages in a real browser, before a real node: log in, back up, restore, delete."""

from __future__ import annotations

import filecmp
import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from bitdust.demo.network import Network, Peer

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
SLOW = 20_000  # milliseconds: the machine may be busy

if CHROMIUM is None and not os.environ.get("BITDUST_REQUIRE_BROWSER"):
    pytest.skip("no chromium on this machine: apt-get install chromium", allow_module_level=True)

axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="it is in the extra `test`")
playwright = pytest.importorskip("playwright.sync_api", reason="playwright is in the extra `test`")


@pytest.fixture(scope="module")
def alice(net: Network) -> Peer:
    """A customer of two suppliers."""
    net.start(["bob", "carol"], {"services/customer/enabled": False})
    (peer,) = net.start(
        ["alice"], {"services/supplier/enabled": False, "services/customer/suppliers-number": 2}
    )
    return peer


@pytest.fixture(scope="module")
def chromium() -> Iterator[Any]:
    """One browser for all."""
    assert CHROMIUM is not None, "BITDUST_REQUIRE_BROWSER is set, and there is no chromium here"
    with playwright.sync_playwright() as driver:
        browser = driver.chromium.launch(
            executable_path=CHROMIUM, args=["--no-sandbox", "--disable-dev-shm-usage"]
        )
        yield browser
        browser.close()


@pytest.fixture(params=["script", "no script"])
def page(request: pytest.FixtureRequest, chromium: Any, alice: Peer) -> Iterator[Any]:
    """A page, logged in by a link, that says nothing on the console."""
    context = chromium.new_context(java_script_enabled=request.param == "script")
    page = context.new_page()
    page.set_default_timeout(SLOW)
    playwright.expect.set_options(timeout=SLOW)
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    page.goto(alice.client.gui_link()["url"])
    yield page
    context.close()
    assert said == []


def test_back_up_and_restore(page: Any, alice: Peer, tmp_path: Path) -> None:
    """With forms and links alone: a folder is backed up, found, restored elsewhere the same, and deleted."""
    source = tmp_path / "<i>photos & co"
    source.mkdir()
    (source / "a").write_bytes(os.urandom(50_000))
    expect = playwright.expect
    assert "code" not in page.url
    expect(page.locator("h1")).to_have_text("Overview")

    page.get_by_role("link", name="Back up", exact=True).click()
    page.goto(page.url.partition("?")[0] + f"?path={tmp_path}")
    page.get_by_role("button", name=f"Back up {source.name}").click()
    expect(page.get_by_role("status")).to_have_text("The backup has been started.")
    _until_ended(page, str(source), "committed")

    page.get_by_role("link", name="Overview").click()
    row = page.get_by_role("row").filter(has_text=str(source))
    expect(row).to_have_count(1)
    row.locator("summary").click()
    row.get_by_role("link", name="Restore").click()
    out = tmp_path / "out"
    page.get_by_role("textbox", name="Folder").fill(str(out))
    page.get_by_role("button", name="Restore into it").click()
    _until_ended(page, str(out / str(source).lstrip("/")), "done")
    assert filecmp.cmp(source / "a", out / str(source).lstrip("/") / "a", shallow=False)

    page.get_by_role("link", name="Overview").click()
    row = page.get_by_role("row").filter(has_text=str(source))
    row.locator("summary").click()
    row.get_by_role("link", name="Delete").click()
    expect(page.locator("main")).to_contain_text("It cannot be brought back")
    page.get_by_role("button", name="Delete").click()
    expect(page.get_by_role("status")).to_contain_text("deleted")
    assert alice.client.backups_id_list() == []


def _until_ended(page: Any, path: str, outcome: str) -> None:
    """Look at the page of tasks until it says so."""
    row = page.get_by_role("row").filter(has_text=path).filter(has_text=outcome)
    for _ in range(600):
        page.get_by_role("link", name="Tasks").click()
        if row.count():
            return
        page.wait_for_timeout(100)
    raise AssertionError(f"{path} has not become {outcome}")


@pytest.mark.parametrize(
    "path", ["/", "/files", "/files/local?path=/usr", "/files/tasks", "/network", "/no/such"]
)
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_on_a_telephone(chromium: Any, alice: Peer, path: str, scheme: str) -> None:
    """Nothing runs out of a narrow screen, text stands out, and the first Tab skips to the content."""
    with chromium.new_context(viewport={"width": 320, "height": 640}, color_scheme=scheme) as context:
        page = context.new_page()
        link = alice.client.gui_link()["url"]
        page.goto(link)
        page.goto(link.partition("/login")[0] + path)
        assert page.evaluate("document.documentElement.scrollWidth") <= 320
        found = axe.Axe().run(page)
        assert found.violations_count == 0, found.generate_report()
        if path == "/no/such":
            return
        ground, ink = page.evaluate(
            "[getComputedStyle(document.body).backgroundColor, getComputedStyle(document.body).color]"
        )
        light, dark = (
            _brightness(colour) for colour in ((ground, ink) if scheme == "light" else (ink, ground))
        )
        assert light - dark > 150
        page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement.textContent") == "Skip to the content"


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_no_barrier_is_known(chromium: Any, alice: Peer, scheme: str, tmp_path: Path) -> None:
    """axe finds nothing that would keep anybody out, on any page, with something in the lists."""
    source = tmp_path / f"holiday {scheme}"
    source.mkdir()
    (source / "a").write_bytes(b"a")
    alice.client.backup_start_path(str(source))
    with chromium.new_context(color_scheme=scheme) as context:
        page = context.new_page()
        link = alice.client.gui_link()["url"]
        page.goto(link)
        base = link.partition("/login")[0]
        _until_ended(page, str(source), "committed")
        listed = alice.client.filemanager({"params": {"mode": "listall"}})
        (item,) = [each for each in listed if each["name"] == source.name]
        addresses = [
            "/", "/files", f"/files?path={source}", f"/files/local?path={tmp_path}", "/files/tasks",
            f"/files/delete?id={item['id']}", f"/files/restore?backupid={item['versions'][0]['backupid']}",
            f"/files/version?what={item['versions'][0]['backupid']}", "/network", "/no/such", "/login?code=x",
        ]  # fmt: skip
        for address in addresses:
            page.goto(base + address)
            found = axe.Axe().run(page)
            assert found.violations_count == 0, f"{address}: {found.generate_report()}"


def test_log_out(chromium: Any, alice: Peer) -> None:
    """One button, reached by the keyboard; afterwards there is only the way to a new link."""
    with chromium.new_context() as context:
        page = context.new_page()
        link = alice.client.gui_link()["url"]
        page.goto(link)
        button = page.get_by_role("button", name="Log out")
        for _ in range(20):
            page.keyboard.press("Tab")
            if button.evaluate("each => each === document.activeElement"):
                break
        page.keyboard.press("Enter")
        playwright.expect(page.locator("h1")).to_have_text("Logged out")
        assert context.cookies() == []
        page.goto(link.partition("/login")[0] + "/files")
        playwright.expect(page.locator("main")).to_contain_text("bitdust show")


def test_a_link_works_once(chromium: Any, alice: Peer) -> None:
    """Whoever finds the link later gets nothing; without a login there is only the way to one."""
    link = alice.client.gui_link()["url"]
    for shown in ("Overview", "This could not be done"):
        with chromium.new_context() as context:
            page = context.new_page()
            page.goto(link)
            playwright.expect(page.locator("h1")).to_have_text(shown)
            assert len(context.cookies()) == (1 if shown == "Overview" else 0)
            assert all(cookie["httpOnly"] and cookie["sameSite"] == "Strict" for cookie in context.cookies())


def _brightness(colour: str) -> float:
    numbers = [float(one) for one in colour[colour.index("(") + 1 : -1].split(",")[:3]]
    return sum(numbers) / 3


def test_one_file_out_of_a_version(page: Any, alice: Peer, tmp_path: Path) -> None:
    """A version is looked into like a folder, and one file of it comes back."""
    source = tmp_path / "album"
    (source / "deep & down").mkdir(parents=True)
    (source / "deep & down" / "one.txt").write_text("1")
    (source / "two.txt").write_text("2")
    alice.client.backup_start_path(str(source))
    _until_ended(page, str(source), "committed")
    page.get_by_role("link", name="Overview").click()
    row = page.get_by_role("row").filter(has_text=str(source))
    row.locator("summary").click()
    row.get_by_role("link", name="Look inside").click()
    page.get_by_role("link", name="deep & down").click()
    playwright.expect(page.get_by_role("row")).to_have_count(2)
    page.get_by_role("row").filter(has_text="one.txt").get_by_role("link", name="Restore").click()
    out = tmp_path / "out"
    page.get_by_role("textbox", name="Folder").fill(str(out))
    page.get_by_role("button", name="Restore into it").click()
    came = out / str(source).lstrip("/") / "deep & down" / "one.txt"
    _until_ended(page, str(came), "done")
    assert came.read_text() == "1"
    assert not (out / str(source).lstrip("/") / "two.txt").exists()


def test_the_network(page: Any, alice: Peer) -> None:
    """The page says how others come here and who is there; a road is switched off and on, links go on."""
    expect = playwright.expect
    page.get_by_role("link", name="Network", exact=True).first.click()
    expect(page.locator("h1")).to_have_text("Network")
    expect(page.get_by_role("table", name="Who is connected now").get_by_role("row")).to_have_count(3)
    expect(page.get_by_role("row").filter(has_text="Identity servers")).to_contain_text("1 server")
    for turn in ("off", "on"):
        page.get_by_role("button", name=f"Switch UDP {turn}").click()
        expect(page.get_by_role("status")).to_have_text(f"services/udp-transport/enabled is {turn}.")
        row = page.get_by_role("table", name="By what others can come").get_by_role("row")
        expect(row.filter(has_text="UDP").locator(".pill")).to_have_text(turn)
        assert [road["name"] for road in alice.client.network_status()["roads"]] == [
            "tcp", *["udp"] * (turn == "on"),
        ]  # fmt: skip
    for _ in range(600):
        if alice.client.process_health()["suppliers_online"] == 2:
            break
        page.wait_for_timeout(100)
    assert len(alice.client.connections_list()) == 2
