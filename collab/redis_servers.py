"""Which Redis we talk to, and every client to it is made here: one server, one behind Sentinels, or a cluster.

    redis://…  rediss://…  unix:///path                                   as redis-py has them
    redis+sentinel://user:password@host:port,host:port/service/db         the hosts are Sentinels, the rest the server's
    redis+cluster://user:password@host:port,host:port                     some nodes of it; they tell of the others

`rediss+…` for TLS. What redis-py takes in a query goes for the servers; `sentinel_username` and `sentinel_password` for
the Sentinels.

A cluster carries the relay and nothing else. Sessions, jobs, streams and the events of people need transactions, lists
that are waited for, or scripts over several keys, in programs that aren't ours; and they are small. So beside a cluster
there is a plain Redis for them.
"""

from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import redis
import redis.asyncio
import redis.asyncio.sentinel
import redis.sentinel
from redis.asyncio.retry import Retry as AsyncRetry
from redis.backoff import NoBackoff
from redis.connection import SSLConnection, parse_url
from redis.retry import Retry

if TYPE_CHECKING:
    from redis.asyncio.cluster import RedisCluster as AsyncRedisCluster
    from redis.cluster import RedisCluster

Address = tuple[str, int]
ASKING_SENTINELS = 1.0
"""Seconds for an answer before the next Sentinel is asked: one that hangs must not be what a failover waits for."""


class Misconfigured(ValueError):
    """An address that makes no sense. The text says what would."""


@dataclass(frozen=True, slots=True)
class Single:
    url: str

    def client(self, **options: Any) -> redis.Redis:
        return redis.Redis.from_url(self.url, **options)

    def async_client(self, **options: Any) -> redis.asyncio.Redis:
        return redis.asyncio.Redis.from_url(self.url, **options)

    def pool(self, **options: Any) -> redis.ConnectionPool:
        return redis.ConnectionPool.from_url(self.url, **options)

    def for_channel_layer(self) -> dict[str, Any]:
        return {"address": self.url}


@dataclass(frozen=True, slots=True)
class BehindSentinels:
    """Whichever server the Sentinels call the primary, asked at each new connection."""

    sentinels: tuple[Address, ...]
    service: str
    options: dict[str, Any] = field(repr=False)
    """Of connections to the server."""
    sentinel_options: dict[str, Any] = field(repr=False)

    def client(self, **options: Any) -> redis.Redis:
        return redis.Redis.from_pool(self.pool(**options))

    def async_client(self, **options: Any) -> redis.asyncio.Redis:
        retry = AsyncRetry(NoBackoff(), 0)
        asking = redis.asyncio.sentinel.Sentinel(self.sentinels, sentinel_kwargs={**self._asking, "retry": retry})
        pool = _AsyncPool(self.service, asking, **self.options, **options)  # type: ignore[no-untyped-call]
        return redis.asyncio.Redis.from_pool(pool)

    def pool(self, **options: Any) -> redis.ConnectionPool:
        retry = Retry(NoBackoff(), 0)
        asking = redis.sentinel.Sentinel(self.sentinels, sentinel_kwargs={**self._asking, "retry": retry})
        return redis.sentinel.SentinelConnectionPool(self.service, asking, **self.options, **options)

    def for_channel_layer(self) -> dict[str, Any]:
        asking = {**self._asking, "retry": AsyncRetry(NoBackoff(), 0)}
        sentinels = list(self.sentinels)
        return {"sentinels": sentinels, "master_name": self.service, "sentinel_kwargs": asking, **self.options}

    @property
    def _asking(self) -> dict[str, Any]:
        timeouts = {"socket_timeout": ASKING_SENTINELS, "socket_connect_timeout": ASKING_SENTINELS}
        return {**timeouts, **self.sentinel_options}


class _AsyncPool(redis.asyncio.sentinel.SentinelConnectionPool):
    async def disconnect(self, inuse_connections: bool = True) -> None:
        await super().disconnect(inuse_connections)
        if inuse_connections:  # the pool is done with, and nobody else has its connections to the Sentinels
            await self.sentinel_manager.aclose()


@dataclass(frozen=True, slots=True)
class Cluster:
    nodes: tuple[Address, ...]
    options: dict[str, Any] = field(repr=False)
    """Of connections to each node."""

    def client(self, **options: Any) -> "RedisCluster":
        from redis.cluster import ClusterNode, RedisCluster

        return RedisCluster(startup_nodes=[ClusterNode(*node) for node in self.nodes], **self.options, **options)

    def async_client(self, **options: Any) -> "AsyncRedisCluster":
        from redis.asyncio.cluster import ClusterNode, RedisCluster

        return RedisCluster(startup_nodes=[ClusterNode(*node) for node in self.nodes], **self.options, **options)

    def node(self, address: Address, **options: Any) -> redis.asyncio.Redis:
        """One node by itself."""
        return redis.asyncio.Redis(host=address[0], port=address[1], **self.options, **options)


Plain = Single | BehindSentinels


@dataclass(frozen=True, slots=True)
class Servers:
    relay: Plain | Cluster
    """For what passes between processes while people write."""
    plain: Plain
    """For everything else."""


def servers(url: str, plain_url: str = "") -> Servers:
    """What REDIS_URL and REDIS_PLAIN_URL mean. Raises Misconfigured."""
    relay = server(url, "REDIS_URL")
    if plain_url:
        plain = server(plain_url, "REDIS_PLAIN_URL")
        if isinstance(plain, Cluster):
            raise Misconfigured("REDIS_PLAIN_URL names a cluster; it is for the Redis beside one.")
        return Servers(relay, plain)
    if isinstance(relay, Cluster):
        raise Misconfigured(
            "REDIS_URL names a cluster, which carries what passes between processes while people write. Sessions, jobs "
            "and streams take a single Redis beside it, maybe behind Sentinels: set REDIS_PLAIN_URL."
        )
    return Servers(relay, relay)


def server(url: str, name: str = "REDIS_URL") -> Plain | Cluster:
    scheme, separator, rest = url.partition("://")
    kind, _, what = scheme.partition("+")
    if scheme in ("redis", "rediss", "unix") and separator:
        return Single(url)
    if not separator or kind not in ("redis", "rediss") or what not in ("sentinel", "cluster"):
        raise Misconfigured(
            f"{name} begins with redis://, rediss://, unix://, redis+sentinel:// or redis+cluster:// "
            "(rediss+sentinel://, rediss+cluster:// for TLS)."
        )
    # Several hosts are no URL; without them the rest is one.
    authority, slash, path = rest.partition("/")
    if not slash:
        authority, mark, query = rest.partition("?")
        path = mark + query
    login, at, hosts = authority.rpartition("@")
    parts = urlsplit(f"//host/{path}")
    service, _, db = parts.path.removeprefix("/").partition("/")
    try:
        addresses = tuple(map(partial(_address, port=26379 if what == "sentinel" else 6379), hosts.split(",")))
        options: dict[str, Any] = dict(parse_url(f"{kind}://{login}{at}host/{db or '0'}?{parts.query}"))
    except ValueError as fault:
        raise Misconfigured(f"{name}: {fault}") from None
    del options["host"]
    asking = {key: options.pop(f"sentinel_{key}") for key in ("username", "password") if f"sentinel_{key}" in options}
    encrypted = options.pop("connection_class", None) is SSLConnection
    if encrypted:
        options["ssl"] = True
        asking |= {key: value for key, value in options.items() if key.startswith("ssl")}
    if what == "sentinel":
        if not service:
            raise Misconfigured(f"{name} lacks the service that the Sentinels watch: redis+sentinel://HOSTS/SERVICE.")
        return BehindSentinels(addresses, service, options, asking)
    if service not in ("", "0"):
        raise Misconfigured(f"{name}: a cluster has no database but 0.")
    del options["db"]
    return Cluster(addresses, options)


def _address(text: str, port: int) -> Address:
    parts = urlsplit(f"//{text}")
    if not parts.hostname:
        raise ValueError("a host is missing; several are separated by commas")
    return parts.hostname, parts.port or port


class Pools:
    """For Django's cache, which makes its own pool of an address."""

    @staticmethod
    def from_url(url: str, **options: Any) -> redis.ConnectionPool:
        found = server(url)
        assert not isinstance(found, Cluster)
        return found.pool(**options)
