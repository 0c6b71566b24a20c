"""A web process gets its turn at once, though a background job is computing on the same core."""

import contextlib
import ctypes
import os
import platform

SLICE_NS = 100_000
"""The least that the kernel takes (EEVDF, Linux 6.12). By itself it lets whoever runs end a slice of one to three
milliseconds before one who wakes is let in, however nice the first is; who asks for shorter ones is let in before."""

_SCHED_SETATTR = {"x86_64": 314, "aarch64": 274}
"""Numbers of the system call, which Python and glibc have no function for."""


class _Attributes(ctypes.Structure):
    """`struct sched_attr` of sched_setattr(2), as of its first version."""

    _fields_ = (
        ("size", ctypes.c_uint32),
        ("policy", ctypes.c_uint32),
        ("flags", ctypes.c_uint64),
        ("nice", ctypes.c_int32),
        ("priority", ctypes.c_uint32),
        ("runtime", ctypes.c_uint64),
        ("deadline", ctypes.c_uint64),
        ("period", ctypes.c_uint64),
    )


def take_short_turns() -> bool:
    """For this process and the threads it will start. False where it can't be asked for, or whoever runs Weft has asked
    for another policy. Linux before 6.12 takes the request and does nothing about it."""
    with contextlib.suppress(AttributeError, KeyError, OSError):
        number, policy = _SCHED_SETATTR[platform.machine()], os.sched_getscheduler(0)
        if policy != os.SCHED_OTHER:
            return False
        attributes = _Attributes(size=ctypes.sizeof(_Attributes), policy=policy, nice=os.nice(0), runtime=SLICE_NS)
        return bool(ctypes.CDLL(None).syscall(number, 0, ctypes.byref(attributes), 0) == 0)
    return False
