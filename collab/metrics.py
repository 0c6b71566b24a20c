"""What this process counted since it started: every drop, refusal, heal and resync has a name here."""

from collections import Counter

COUNTERS: Counter[str] = Counter()
