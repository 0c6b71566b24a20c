"""Faults, injected for real, against everything Weft promises: nothing acknowledged is lost, and all agree in the end.

    ./test faults --seeds 200                                      # everything, and the table for docs/reliability.md
    WEFT_SEEDS=25 ./test python tests/faults/test_kills.py         # one family, seeds 0 to 24
    WEFT_SEEDS=75-99 ./test python tests/faults -k one_web_process # one flight again, as a failure prints it

**A seed** is one document of its own with clients of its own, each with an edit schedule of its own, and its own moment
of fault where the fault concerns a document or a client. **A flight** carries many seeds at once through one running
Weft; a fault of a whole process strikes all seeds of its flight, each at another point of its progress.

To add a scenario, write one test in the file of its family:

    @pytest.mark.scenario(2, "all web processes killed at once", size=25)
    async def test_nothing_saved_is_lost_when_all_web_processes_are_killed_at_once(flight: Flight) -> None:
        await flight.board(mixed)                # a document for each seed, and who writes in it, by its chance
        async with flight.writing():             # they write; at the end of the block they are waited for
            await flight.moment(0.1, 0.8)
            for process in flight.world.web():
                flight.injected(kill(process))   # counts it, if it happened
        await flight.land()                      # all saved, all equal; then the oracle: I1 to I8

What a client may do is in `workload.py` and `node/`, what may happen to it in `lines.py` and `injection.py`, what must
hold in `oracle.py`. While people write, the flight looks into the database again and again whether all that was
promised is there (I3). A new verb for what an operator does goes into `operating.py`, a new crash point into
`inside/`.
"""
