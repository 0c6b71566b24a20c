"""What a workload prints: a Markdown table, line by line as it is measured."""


def head(*columns: str) -> None:
    line(*columns)
    line("---", *["---:"] * (len(columns) - 1))


def line(*cells: object) -> None:
    print(f"| {' | '.join(map(str, cells))} |", flush=True)
