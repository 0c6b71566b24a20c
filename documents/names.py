"""What people call themselves and their things, as it may stand in the middle of our sentences, mails and lists."""

import unicodedata

# They turn round what follows, beyond the end of the name: "Ann's documents" reads "stnemucod s'nnA" after one. The
# marks that a name in Arabic or Hebrew may hold (U+200E, U+200F) stay, as do the joiners of Persian words and of emoji.
_TURNING = dict.fromkeys([*range(0x202A, 0x202F), *range(0x2066, 0x206A)])
# Line breaks and control characters, and halves of surrogate pairs. Not what Python's tables don't know yet, as
# `str.isprintable` would have it: there are new emoji every year.
_BREAKING = {"Cc", "Zl", "Zp", "Cs"}


def one_line(text: str) -> str:
    """Without line breaks, control characters and spaces around; empty if nothing of it could be seen."""
    spaced = "".join(" " if unicodedata.category(c) in _BREAKING else c for c in text.translate(_TURNING))
    line = " ".join(spaced.split())
    return line if any(unicodedata.category(c) not in ("Cf", "Zs") for c in line) else ""
