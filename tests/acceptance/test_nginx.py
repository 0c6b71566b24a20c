"""Behind nginx with TLS, as `deploy/nginx.conf` has it: pages, cookies and sockets through a real one."""

import http.client
import shutil
import ssl
import tempfile
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from tests.acceptance.client import until
from tests.acceptance.installation import Installation, running
from tests.nginx import PROGRAM, free_port, friendly

pytestmark = pytest.mark.skipif(not Path(PROGRAM).exists(), reason="nginx is not installed")


@pytest.fixture(scope="module")
def behind() -> Iterator[tuple[Installation, str, ssl.SSLContext]]:
    """A Weft that knows its address to be nginx's."""
    home = Path(tempfile.mkdtemp(prefix="weft-", dir="/tmp"))
    port = free_port()
    with (
        running(home, "sqlite", documents=4, SITE_URL=f"https://localhost:{port}") as installation,
        friendly(home / "nginx", installation.weft.url, port) as address,
    ):
        yield installation, address, ssl.create_default_context(cafile=str(home / "nginx" / "fullchain.pem"))
    shutil.rmtree(home, ignore_errors=True)


def get(address: str, path: str, trusted: ssl.SSLContext) -> tuple[http.client.HTTPResponse, bytes]:
    connection = http.client.HTTPSConnection(address.removeprefix("https://"), context=trusted, timeout=20)
    with closing(connection):
        connection.request("GET", path)
        answer = connection.getresponse()
        return answer, answer.read()


def test_the_sign_in_page_sets_cookies_for_tls_alone(behind: tuple[Installation, str, ssl.SSLContext]) -> None:
    _, address, trusted = behind
    answer, page = get(address, "/accounts/login/", trusted)
    assert answer.status == 200
    assert answer.headers["Strict-Transport-Security"]
    assert all("Secure" in cookie for cookie in answer.headers.get_all("Set-Cookie", []))
    assert b"Sign in" in page


def test_metrics_are_nobody_s_business(behind: tuple[Installation, str, ssl.SSLContext]) -> None:
    _, address, trusted = behind
    answer, _ = get(address, "/metrics", trusted)
    assert answer.status == 403


@pytest.mark.parametrize("kind", ["weft.1", "sse", "poll"])
async def test_two_people_write_through_it(behind: tuple[Installation, str, ssl.SSLContext], kind: str) -> None:
    installation, address, trusted = behind
    document = installation.document()
    ann = await installation.client("ann", document, kind, url=address, trusted=trusted).opened()
    ben = await installation.client("ben", document).opened()
    await ann.type("over TLS")
    await ben.type(" and not", at=None)
    await until(lambda: ann.all_saved and ben.all_saved and ann.text == ben.text != "")
    assert installation.stored(document).text == ann.text
    await ann.stop()
    await ben.stop()
