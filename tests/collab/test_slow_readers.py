"""Who reads more slowly than others write: what waits for them is bounded, and nothing of it lost."""

from django.conf import settings

from tests.collab.network import Network, until


async def test_a_reader_who_falls_behind_is_brought_up_to_date_with_one_update(network: Network) -> None:
    ann, ben = await network.join("ann"), await network.join("ben")
    await network.settle()
    ben.reading.clear()
    block = "x" * 50_000
    for _ in range(30):
        await ann.type(block)
        await until(lambda: ann.all_saved)
    before = len(ben.frames)
    ben.reading.set()
    await until(lambda: ben.text == ann.text)
    assert len(ben.frames) - before < 30
    assert ben.closed is None


async def test_nothing_is_missing_that_was_dropped_while_it_waited_for_a_reader(network: Network) -> None:
    ann, ben = await network.join("ann"), await network.join("ben")
    await network.settle()
    object.__setattr__(settings.LIMITS, "outbox_bytes", 2_000)  # little, so that the log's tail still has every piece
    try:
        ben.reading.clear()
        for _ in range(30):
            await ann.type("y" * 200)
            await until(lambda: ann.all_saved)
        late = await network.join("cleo")
        late.reading.clear()
        for _ in range(30):
            await ann.type("z" * 200)
            await until(lambda: ann.all_saved)
        ben.reading.set()
        late.reading.set()
        await until(lambda: ben.text == late.text == ann.text)
    finally:
        object.__setattr__(settings.LIMITS, "outbox_bytes", 1_000_000)


async def test_a_writer_who_reads_too_slowly_still_gets_every_ack(network: Network) -> None:
    ann, ben = await network.join("ann"), await network.join("ben")
    await network.settle()
    object.__setattr__(settings.LIMITS, "outbox_bytes", 2_000)
    try:
        ben.reading.clear()
        for number in range(20):
            await ann.type("y" * 200)
            await ben.type(f"<{number}>")
            await until(lambda number=number: f"<{number}>" in ann.text)  # type: ignore[misc]
        assert not ben.all_saved
        ben.reading.set()
        await network.settle()
    finally:
        object.__setattr__(settings.LIMITS, "outbox_bytes", 1_000_000)


async def test_a_reader_who_never_reads_is_let_go_and_harms_nobody(network: Network) -> None:
    ann, ben = await network.join("ann"), await network.join("ben")
    cleo = await network.join("cleo")
    await network.settle()
    object.__setattr__(settings.LIMITS, "send_deadline_seconds", 0.2)
    try:
        ben.reading.clear()
        await ann.type("moving on")
        await until(lambda: ben.aborted)
    finally:
        object.__setattr__(settings.LIMITS, "send_deadline_seconds", 10.0)
    await until(lambda: cleo.text == "moving on")
