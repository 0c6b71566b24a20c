"""What a Prometheus would see of a running Weft."""

import re
import urllib.request
from collections import Counter

_LINE = re.compile(r'(weft_\w+)\{process="\w+",pid="\d+",?(.*)\} (\S+)')


class Numbers(Counter[str]):
    """By name and labels, `weft_refused_total{reason="crowd"}`, summed over all processes; and by name alone."""

    def __missing__(self, key: str) -> int:
        return 0


def scrape(url: str, token: str = "") -> Numbers:
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    with urllib.request.urlopen(urllib.request.Request(f"{url}/metrics", headers=headers), timeout=10) as answer:
        return parse(answer.read().decode())


def parse(text: str) -> Numbers:
    found = Numbers()
    for name, labels, value in _LINE.findall(text):
        number = float(value)
        found[name] += number  # type: ignore[assignment]
        if labels:
            found[f"{name}{{{labels}}}"] += number  # type: ignore[assignment]
    return found
