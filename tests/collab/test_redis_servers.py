"""What the addresses of Redis mean; with real servers at them, see tests/acceptance/test_many_redis.py."""

import subprocess
from pathlib import Path

import pytest

from collab.redis_servers import BehindSentinels, Cluster, Misconfigured, Servers, Single, server, servers
from tests.running import MANAGE, ROOT, environment


@pytest.mark.parametrize("url", ["redis://redis:6379/2", "rediss://redis", "unix:///run/redis.sock?db=1"])
def test_one_server_is_for_everything(url: str) -> None:
    assert servers(url) == Servers(Single(url), Single(url))


def test_sentinels_tell_where_the_service_is() -> None:
    found = server("redis+sentinel://ann:se%40cret@one:26380,two,[::1]:5/weft/3?sentinel_password=x&socket_timeout=2")
    assert isinstance(found, BehindSentinels)
    assert found.sentinels == (("one", 26380), ("two", 26379), ("::1", 5))
    assert found.service == "weft"
    assert found.options == {"username": "ann", "password": "se@cret", "db": 3, "socket_timeout": 2.0}
    assert found.sentinel_options == {"password": "x"}


def test_with_tls_the_sentinels_are_asked_by_it_too() -> None:
    found = server("rediss+sentinel://one/weft?ssl_ca_certs=/ca.pem")
    assert isinstance(found, BehindSentinels)
    assert found.options == {"ssl": True, "ssl_ca_certs": "/ca.pem", "db": 0}
    assert found.sentinel_options == {"ssl": True, "ssl_ca_certs": "/ca.pem"}


def test_beside_a_cluster_there_is_a_plain_one() -> None:
    found = servers("rediss+cluster://:secret@one:7000,two:7001", "redis+sentinel://one/weft")
    assert found.relay == Cluster((("one", 7000), ("two", 7001)), {"password": "secret", "ssl": True})
    assert isinstance(found.plain, BehindSentinels)


def test_no_password_is_shown_where_an_address_is() -> None:
    shown = repr(servers("redis+cluster://:secret@one", "redis+sentinel://:secret@one/weft?sentinel_password=secret"))
    assert "secret" not in shown


@pytest.mark.parametrize(
    ("url", "plain", "reason"),
    [
        ("redis+cluster://one", "", "set REDIS_PLAIN_URL"),
        ("redis+cluster://one", "redis+cluster://two", "REDIS_PLAIN_URL names a cluster"),
        ("redis+cluster://one/1", "redis://two", "no database but 0"),
        ("redis+sentinel://one", "", "lacks the service"),
        ("redis+sentinel://one,:1/weft", "", "a host is missing"),
        ("redis+sentinel://one:port/weft", "", "Port could not be cast"),
        ("sentinel://one/weft", "", "begins with redis://"),
        ("one:6379", "", "begins with redis://"),
    ],
)
def test_what_makes_no_sense_is_refused_with_what_would(url: str, plain: str, reason: str) -> None:
    with pytest.raises(Misconfigured, match=reason):
        servers(url, plain)


def test_who_sets_it_wrongly_is_told_in_a_line(tmp_path: Path) -> None:
    told = subprocess.run(
        [*MANAGE, "serve"], env=environment(tmp_path, REDIS_URL="redis+cluster://one"), capture_output=True, text=True
    )
    assert told.returncode == 1
    assert told.stderr.startswith("Weft's settings: REDIS_URL names a cluster")
    assert len(told.stderr.splitlines()) == 1


def test_nobody_else_reads_the_address() -> None:
    """A client made of it elsewhere would work until somebody has Sentinels."""
    files = [file for app in ("collab", "presence", "documents") for file in (ROOT / app).rglob("*.py")]
    assert [file.name for file in files if "settings.REDIS_URL" in file.read_text()] == []
