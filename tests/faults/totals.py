"""What all flights of a run add up to, as the table of docs/reliability.md.

python -m tests.faults.totals LEDGER [DOCUMENT]     # prints it, and puts it into the document between its marks
"""

import json
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

BEGIN, END = "<!-- totals of ./test faults -->", "<!-- end of totals -->"
HEADS = ("", "scenario", "seeds", "updates made", "acknowledged", "faults injected", "acknowledged and lost", "seconds")
COUNTED = ("seeds", "made", "acknowledged", "faults", "lost", "seconds")


def table(flights: Iterable[dict[str, Any]]) -> str:
    """One row a scenario, and their sum. A flight that never landed is no seed that passed, and counts nowhere."""
    rows: dict[int, dict[str, Any]] = {}
    for flight in flights:
        row = rows.setdefault(flight["scenario"], {"title": flight["title"], **dict.fromkeys(COUNTED, 0)})
        for name in COUNTED:
            row[name] += flight[name]
    lines = [_line(HEADS), _line(["---:", "---", *["---:"] * len(COUNTED)])]
    lines += [_line([number, rows[number]["title"], *_numbers(rows[number])]) for number in sorted(rows)]
    total = {name: sum(row[name] for row in rows.values()) for name in COUNTED}
    return "\n".join([*lines, _line(["", "**all**", *_numbers(total)])])


def put_into(document: str, made: str) -> str:
    before, _, rest = document.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not end:
        raise ValueError(f"there is no {BEGIN} … {END}")
    return f"{before}{BEGIN}\n{made}\n{END}{after}"


def _line(cells: Sequence[object]) -> str:
    return f"| {' | '.join(map(str, cells))} |"


def _numbers(row: dict[str, Any]) -> list[str]:
    return [f"{row[name]:,.0f}" for name in COUNTED]


def main(arguments: Sequence[str]) -> None:
    ledger = Path(arguments[0])
    made = table(json.loads(line) for line in ledger.read_text().splitlines())
    print(made)
    if len(arguments) > 1:
        document = Path(arguments[1])
        document.write_text(put_into(document.read_text(), made))


if __name__ == "__main__":
    main(sys.argv[1:])
