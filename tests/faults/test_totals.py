import pytest

from tests.faults import seeds, totals

FLIGHT = {"scenario": 1, "title": "killed", "seeds": 25, "made": 1000, "acknowledged": 900, "faults": 2, "lost": 0}


def test_flights_of_a_scenario_are_one_row_and_all_are_the_last() -> None:
    more = {**FLIGHT, "scenario": 2, "title": "killed twice", "seconds": 1.0}
    lines = totals.table([{**FLIGHT, "seconds": 5.2}, {**FLIGHT, "seconds": 5.2}, more]).splitlines()
    assert lines[2] == "| 1 | killed | 50 | 2,000 | 1,800 | 4 | 0 | 10 |"
    assert lines[-1] == "|  | **all** | 75 | 3,000 | 2,700 | 6 | 0 | 11 |"


def test_the_table_replaces_the_one_before() -> None:
    page = f"before\n{totals.BEGIN}\nold\n{totals.END}\nafter"
    assert totals.put_into(page, "new") == f"before\n{totals.BEGIN}\nnew\n{totals.END}\nafter"


def test_a_seed_always_flies_with_the_same_others_and_on_the_same_database(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WEFT_SEEDS", "60")
    flights = seeds.flights_of(seeds.wanted(6), 25)
    assert [seeds.named(flight) for flight in flights] == ["0-24", "25-49", "50-59"]
    monkeypatch.setenv("WEFT_SEEDS", "30-30")
    [alone] = seeds.flights_of(seeds.wanted(6), 25)
    assert list(alone) == [30]
    both = ("sqlite", "postgres")
    assert seeds.database_of(alone, 25, both) == seeds.database_of(flights[1], 25, both) == "postgres"
    monkeypatch.delenv("WEFT_SEEDS")
    assert seeds.flights_of(seeds.wanted(6), 25) == [range(6)]
