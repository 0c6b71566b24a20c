"""Which parts of an old sequence are still there in a new one, and which of the others became which.

Pure. It takes about as long as sorting them would, however alike they are: tables have thousands of equal rows.
"""

import re
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import pairwise

Pair = tuple[int, int]

_WORD = re.compile(r"\w+")
# Above this, what differs between two equal ones is paired in its order. A page that was rewritten is below.
_COMPARED_EACH_WITH_EACH = 2_500


def equal_pairs(old: Sequence[str], new: Sequence[str]) -> list[Pair]:
    """Indices of equal elements, rising in both. What is there once in each is found wherever it stands, and what is
    equal beside it, or at the ends, too."""
    head, tail = _common_ends(old, new, (-1, -1), (len(old), len(new)))
    inner = (head[-1] if head else (-1, -1)), (tail[0] if tail else (len(old), len(new)))
    anchors = _rising(_unique_pairs(old, new, *inner))
    found = list(head)
    for before, after in pairwise([inner[0], *anchors, inner[1]]):
        left, right = _common_ends(old, new, before, after)
        found += [*left, *right, *([after] if after in anchors else [])]
    return found + tail


def paired(old: Sequence[str], new: Sequence[str], old_kinds: Sequence[str], new_kinds: Sequence[str]) -> list[Pair]:
    """The equal ones, and between them those of one kind that are most alike: each is the other, revised."""
    pairs: list[Pair] = []
    for before, after in pairwise([(-1, -1), *equal_pairs(old, new), (len(old), len(new))]):
        rows, columns = range(before[0] + 1, after[0]), range(before[1] + 1, after[1])
        if len(rows) * len(columns) <= _COMPARED_EACH_WITH_EACH:
            was = [(old_kinds[i], set(_WORD.findall(old[i]))) for i in rows]
            is_now = [(new_kinds[j], set(_WORD.findall(new[j]))) for j in columns]
            pairs += [(rows[i], columns[j]) for i, j in _most_alike(was, is_now)]
        else:
            pairs += [(i, j) for i, j in zip(rows, columns, strict=False) if old_kinds[i] == new_kinds[j]]
        if after[0] < len(old):
            pairs.append(after)
    return pairs


def _common_ends(old: Sequence[str], new: Sequence[str], before: Pair, after: Pair) -> tuple[list[Pair], list[Pair]]:
    """Equal ones from `before` on and up to `after`, neither of them included."""
    head: list[Pair] = []
    i, j = before[0] + 1, before[1] + 1
    while i < after[0] and j < after[1] and old[i] == new[j]:
        head.append((i, j))
        i, j = i + 1, j + 1
    tail: list[Pair] = []
    k, m = after[0] - 1, after[1] - 1
    while k >= i and m >= j and old[k] == new[m]:
        tail.append((k, m))
        k, m = k - 1, m - 1
    return head, tail[::-1]


def _unique_pairs(old: Sequence[str], new: Sequence[str], before: Pair, after: Pair) -> Iterator[Pair]:
    """Of what lies between and is there once in each, in the order of the old."""
    middle_old, middle_new = range(before[0] + 1, after[0]), range(before[1] + 1, after[1])
    count_old, count_new = Counter(old[i] for i in middle_old), Counter(new[j] for j in middle_new)
    where = {new[j]: j for j in middle_new if count_new[new[j]] == 1}
    for i in middle_old:
        if count_old[old[i]] == 1 and old[i] in where:
            yield i, where[old[i]]


def _rising(pairs: Iterator[Pair]) -> list[Pair]:
    """The longest selection whose second indices rise as well."""
    ends: list[int] = []  # the smallest second index that a selection of this length ends in
    links: list[tuple[Pair, int]] = []  # a pair, and which link comes before it
    last: list[int] = []  # the link of each in `ends`
    for pair in pairs:
        length = bisect_left(ends, pair[1])
        links.append((pair, last[length - 1] if length else -1))
        ends[length : length + 1] = [pair[1]]
        last[length : length + 1] = [len(links) - 1]
    chosen: list[Pair] = []
    at = last[-1] if last else -1
    while at >= 0:
        pair, at = links[at]
        chosen.append(pair)
    return chosen[::-1]


def _most_alike(old: Sequence[tuple[str, set[str]]], new: Sequence[tuple[str, set[str]]]) -> list[Pair]:
    """Of all ways to pair elements of one kind in order, the one whose pairs have most words in common."""
    best = [[0] * (len(new) + 1) for _ in range(len(old) + 1)]  # what can be had of old[i:] and new[j:]

    def together(i: int, j: int) -> int:
        (kind, words), (new_kind, new_words) = old[i], new[j]
        return 1 + len(words & new_words) + best[i + 1][j + 1] if kind == new_kind else 0

    for i in reversed(range(len(old))):
        for j in reversed(range(len(new))):
            best[i][j] = max(together(i, j), best[i + 1][j], best[i][j + 1])
    pairs: list[Pair] = []
    i = j = 0
    while i < len(old) and j < len(new):
        if best[i][j] == together(i, j) > 0:
            pairs.append((i, j))
            i, j = i + 1, j + 1
        elif best[i][j] == best[i + 1][j]:
            i += 1
        else:
            j += 1
    return pairs
