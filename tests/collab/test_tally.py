"""The provider's `unsyncedChanges`, in a model of provider and server: at 0 exactly when nothing of it is unsaved."""

from collections import deque

from hypothesis import given
from hypothesis import strategies as st

from collab.tally import Tally


class Provider:
    """As @hocuspocus/provider counts (`HocuspocusProvider.ts`), with numbers for edits."""

    def __init__(self) -> None:
        self.unsynced = 0
        self.edits: set[int] = set()
        self.to_server: deque[tuple[str, frozenset[int]]] = deque()

    def start(self) -> None:
        self.unsynced = 1
        self.to_server.append(("step1", frozenset()))

    def edit(self) -> None:
        self.unsynced += 1
        self.edits.add(len(self.edits))
        self.to_server.append(("update", frozenset({len(self.edits) - 1})))

    def hear(self, said: str) -> None:
        if said == "step1":
            self.to_server.append(("step2", frozenset(self.edits)))
        elif said == "committed":
            self.unsynced -= 1
            assert self.unsynced >= 0, "version 2 would count below zero"


class Server:
    def __init__(self) -> None:
        self.tally = Tally()
        self.may_edit = True
        self.joined = True
        self.saved: set[int] = set()
        self.under_way: deque[frozenset[int]] = deque()
        self.to_provider: deque[str] = deque()

    def take(self, kind: str, edits: frozenset[int]) -> None:
        if kind == "step1":
            self.tally.started()
            if self.joined:
                self.to_provider.append("step1")
            return
        self.tally.received(step2=kind == "step2")
        if not self.joined or (not self.may_edit and edits - self.saved):
            self.tally.refused()
        else:
            self.under_way.append(edits)

    def commit(self, most: int) -> None:
        now = [self.under_way.popleft() for _ in range(min(most, len(self.under_way)))]
        self.saved.update(*now)
        self.to_provider.extend(["committed"] * self.tally.committed(len(now)))

    def end_session(self) -> None:
        """What is under way is committed all the same, or not; nobody says so."""
        self.joined = False
        self.under_way.clear()
        self.tally.over()

    def join_again(self, may_edit: bool) -> None:
        self.joined, self.may_edit = True, may_edit
        self.to_provider.append("step1")


STEPS = st.sampled_from(
    ["edit", "edit", "there", "there", "back", "back", "commit", "commit", "end", "editor", "reader"]
)


@given(st.lists(STEPS, max_size=80), st.booleans())
def test_zero_means_saved_and_saved_becomes_zero(steps: list[str], may_edit: bool) -> None:
    provider, server = Provider(), Server()
    server.may_edit = may_edit
    provider.start()

    def step(name: str) -> None:
        if name == "edit":
            provider.edit()
        elif name == "there" and provider.to_server:
            server.take(*provider.to_server.popleft())
        elif name == "back" and server.to_provider:
            provider.hear(server.to_provider.popleft())
        elif name == "commit":
            server.commit(2)
        elif name == "end" and server.joined:
            server.end_session()
        elif name in ("editor", "reader") and not server.joined:
            server.join_again(name == "editor")
        if provider.unsynced == 0:
            assert provider.edits <= server.saved

    for name in steps:
        step(name)
    if not server.joined:
        step("editor")
    while provider.to_server or server.to_provider or server.under_way:
        for name in ("there", "commit", "back"):
            step(name)
    if server.may_edit or not provider.edits - server.saved:
        assert provider.unsynced == 0
    else:
        assert provider.unsynced > 0


def test_a_sync_forced_while_edits_are_under_way_ends_at_zero() -> None:
    provider, server = Provider(), Server()
    provider.start()
    for _ in range(3):
        provider.edit()
        provider.start()
    while provider.to_server or server.to_provider or server.under_way:
        if provider.to_server:
            server.take(*provider.to_server.popleft())
        if server.to_provider:
            provider.hear(server.to_provider.popleft())
        if not provider.to_server:
            server.commit(9)
    assert provider.unsynced == 0
    assert provider.edits <= server.saved
