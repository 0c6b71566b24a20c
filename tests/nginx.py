"""A real nginx in front of a Weft: as `deploy/nginx.conf` has it, or as hostile as networks are.

    with friendly(home, weft_url, certificate) as address: ...
    with hostile(home, weft_url, Hostility(upgrade=False)) as address: ...

Each has a folder, a port and processes of its own, and needs no root.
"""

from __future__ import annotations

import re
import shutil
import socket
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.running import ROOT, until

PROGRAM = shutil.which("nginx") or "/usr/sbin/nginx"
MAIN = """
daemon off;
pid {folder}/nginx.pid;
error_log {folder}/error.log;
worker_processes 1;
worker_shutdown_timeout 100ms;
events {{ worker_connections 1024; }}
http {{
    access_log off;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    {site}
}}
"""
HOSTILE = """
server {{
    listen 127.0.0.1:{port};
    client_max_body_size {body};
    location / {{
        proxy_pass {upstream};
        proxy_http_version 1.1;
        proxy_set_header Host $http_host;
        proxy_set_header X-Forwarded-For $remote_addr;
        {upgrade}
        {buffering}
    }}
}}
"""
UPGRADE = "proxy_set_header Upgrade $http_upgrade; proxy_set_header Connection upgrade;"
# Not even when the answer asks for it; and compressed, which holds small pieces back until there is enough of them.
BUFFERED = """proxy_buffering on; proxy_buffers 8 64k; proxy_ignore_headers X-Accel-Buffering; postpone_output 16000;
        gzip on; gzip_types text/event-stream; gzip_min_length 0; proxy_set_header Accept-Encoding "";"""
STREAMED = "proxy_buffering off;"


@dataclass(frozen=True)
class Hostility:
    upgrade: bool = True
    """Lets WebSockets through."""
    buffers: bool = False
    """Holds answers back until they are complete."""
    cuts_after: float | None = None
    """Ends every connection after so many seconds, in use or not."""
    body: str = "6m"
    """The largest request body it lets through, in nginx's words."""


@contextmanager
def hostile(folder: Path, upstream: str, how: Hostility) -> Iterator[str]:
    port = free_port()
    site = HOSTILE.format(
        port=port,
        upstream=upstream,
        body=how.body,
        upgrade=UPGRADE if how.upgrade else "",
        buffering=BUFFERED if how.buffers else STREAMED,
    )
    with _running(folder, site, port, how.cuts_after):
        yield f"http://127.0.0.1:{port}"


@contextmanager
def friendly(folder: Path, upstream: str, port: int) -> Iterator[str]:
    """`deploy/nginx.conf` as it stands, but for the name, the ports, and a certificate made for it."""
    folder.mkdir(parents=True, exist_ok=True)
    certificate, key = folder / "fullchain.pem", folder / "privkey.pem"
    command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost"]
    names = ["-addext", "subjectAltName=DNS:localhost", "-keyout", str(key), "-out", str(certificate)]
    subprocess.run([*command, *names], check=True, capture_output=True)
    site = (ROOT / "deploy" / "nginx.conf").read_text()
    for pattern, ours in (
        (r"127\.0\.0\.1:8000", upstream.removeprefix("http://")),
        (r"weft\.example\.com", "localhost"),
        (r"listen 80;", f"listen 127.0.0.1:{free_port()};"),
        (r"listen 443 ssl", f"listen 127.0.0.1:{port} ssl"),
        (r".*listen \[::\].*\n", ""),
        (r"/etc/ssl/weft/fullchain\.pem", str(certificate)),
        (r"/etc/ssl/weft/privkey\.pem", str(key)),
    ):
        site, found = re.subn(pattern, ours, site)
        assert found, f"deploy/nginx.conf has no {pattern} any more"
    with _running(folder, site, port, None):
        yield f"https://localhost:{port}"


@contextmanager
def _running(folder: Path, site: str, port: int, cuts_after: float | None) -> Iterator[None]:
    folder.mkdir(parents=True, exist_ok=True)
    configuration = folder / "nginx.conf"
    configuration.write_text(MAIN.format(folder=folder, site=site))
    process = subprocess.Popen([PROGRAM, "-p", str(folder), "-c", str(configuration)], stderr=subprocess.DEVNULL)
    ended = threading.Event()
    cutter = threading.Thread(target=_cut, args=(folder, configuration, cuts_after, ended))
    try:
        until(lambda: process.poll() is not None or _answers(port), what="nginx listens")
        if process.poll() is not None:
            raise AssertionError(f"nginx did not start:\n{(folder / 'error.log').read_text()}")
        cutter.start()
        yield
    finally:
        ended.set()
        process.terminate()
        process.wait(10)
        if cutter.ident is not None:
            cutter.join()


def _cut(folder: Path, configuration: Path, every: float | None, ended: threading.Event) -> None:
    """A reload gives new connections to new processes, and the old ones `worker_shutdown_timeout` to hang up."""
    while every is not None and not ended.wait(every):
        subprocess.run([PROGRAM, "-p", str(folder), "-c", str(configuration), "-s", "reload"], capture_output=True)


def _answers(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
    except OSError:
        return False
    return True


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
