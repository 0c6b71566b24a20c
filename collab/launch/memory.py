"""Large buffers go back to the system when they are freed."""

import contextlib
import ctypes

# mallopt(3), malloc.h
_M_MMAP_THRESHOLD = -3
_M_ARENA_MAX = -8

LARGE = 128 * 1024
"""Buffers from here on have a mapping of their own: glibc's default, which setting it keeps from rising."""
ARENAS = 2


def keep_little() -> None:
    """For a process that begins. Another C library than glibc is left as it is.

    By itself glibc takes the first large buffer that is freed for a reason to keep all that are smaller in its heaps,
    of which it has one for each thread, and gives a heap back only from its end. A process that merges documents of
    several megabytes in threads then holds a multiple of what it ever needed at once: 210 MB instead of 135 under five
    people who pasted 5 MB each.
    """
    with contextlib.suppress(AttributeError, OSError):
        mallopt = ctypes.CDLL(None).mallopt
        mallopt(_M_MMAP_THRESHOLD, LARGE)
        mallopt(_M_ARENA_MAX, ARENAS)
