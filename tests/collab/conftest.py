from collections.abc import AsyncIterator, Iterator
from uuid import UUID

import pytest
import pytest_asyncio
from django.db import connections

from collab.threads import READERS
from documents.models import AccessToken, Document, Log, Membership, User, Workspace
from tests.collab.http import Http, OpenHttp
from tests.collab.network import Network, Opening, Wire


@pytest.fixture
def world(transactional_db: None) -> Iterator[tuple[UUID, dict[str, int]]]:
    """A document in a workspace with ann (owner), ben and cleo (editors) and rea (reader)."""
    workspace = Workspace.objects.create(name="Weavers")
    users = {}
    for name, role in (("ann", "owner"), ("ben", "editor"), ("cleo", "editor"), ("rea", "reader")):
        user = User.objects.create_user(email=f"{name}@example.com", password="weft", name=name)
        Membership.objects.create(workspace=workspace, user=user, role=role)
        users[name] = user.pk
    document = Document.objects.create(workspace=workspace, title="Pattern")
    Log.objects.create(document=document)
    yield document.pk, users
    # The reader threads live on with the process; their connections must not.
    for _ in range(8):
        READERS.submit(connections.close_all).result()


@pytest_asyncio.fixture
async def open_network(world: tuple[UUID, dict[str, int]]) -> AsyncIterator[Opening]:
    opened: list[Network] = []

    async def open_network(*, processes: int = 1, wire: Wire | None = None) -> Network:
        network = Network(*world, wire or Wire(), processes)
        opened.append(network)
        await network.start()
        return network

    yield open_network
    for network in opened:
        await network.stop()


@pytest_asyncio.fixture
async def network(open_network: Opening) -> Network:
    return await open_network()


@pytest.fixture
def tokens(world: tuple[UUID, dict[str, int]]) -> dict[str, str]:
    """An access token of each person, and `reading`, one of ann's that may only read."""
    found = {}
    for name, user_id in [*world[1].items(), ("reading", world[1]["ann"])]:
        scope = "read" if name == "reading" else "write"
        found[name] = AccessToken.generate()
        digest = AccessToken.digest_of(found[name])
        AccessToken.objects.create(user_id=user_id, name="tests", scope=scope, digest=digest)
    return found


@pytest_asyncio.fixture
async def open_http(open_network: Opening, tokens: dict[str, str]) -> AsyncIterator[OpenHttp]:
    opened: list[Http] = []

    async def open_http(*, processes: int = 1) -> Http:
        opened.append(Http(await open_network(processes=processes), tokens))
        return opened[-1]

    yield open_http
    for http in opened:
        await http.stop()


@pytest_asyncio.fixture
async def http(open_http: OpenHttp) -> Http:
    return await open_http()
