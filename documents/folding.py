"""What a search compares: text without the differences that people don't type.

The databases can't be asked: SQLite's LIKE knows the two cases of ASCII letters only, PostgreSQL's ILIKE no accents.
"""

import unicodedata

_ACCENTS = range(0x0300, 0x0370)
"""Combining marks of Latin, Greek and Cyrillic. Not those of other scripts, where they make another letter."""


class _Folded(dict[int, str]):
    """Filled as characters come by, for `str.translate`."""

    def __missing__(self, code: int) -> str:
        folded = self[code] = _fold(chr(code))
        return folded


_folded = _Folded()


def fold(text: str) -> str:
    """`text` in one case and without accents. It is as long as the composed form of `text` (Unicode's NFC), so that a
    place in the one is the same place in the other."""
    return unicodedata.normalize("NFC", text).translate(_folded)


def _fold(character: str) -> str:
    plain = _one(unicodedata.normalize("NFKC", character), character)
    parts = unicodedata.normalize("NFD", plain)
    if all(ord(mark) in _ACCENTS for mark in parts[1:]):
        plain = parts[0]
    return _one(plain.casefold(), plain)


def _one(longer: str, otherwise: str) -> str:
    return longer if len(longer) == 1 else otherwise
