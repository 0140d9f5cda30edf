"""What a worker does to itself after the fork and before any student code: limits, Landlock, seccomp.

Each step raises JailError where the kernel refuses it, so that a worker never starts with less than its tier
promises. Source: the kernel's user-space API for Landlock (landlock(7)) and seccomp(2).
"""

import ctypes
import os
import resource
import struct
from collections.abc import Iterable

_libc = ctypes.CDLL(None, use_errno=True)

_PR_SET_PDEATHSIG, _PR_SET_SECCOMP, _PR_SET_NO_NEW_PRIVS = 1, 22, 38
_SECCOMP_MODE_FILTER = 2
_LANDLOCK_CREATE_RULESET, _LANDLOCK_ADD_RULE, _LANDLOCK_RESTRICT_SELF = 444, 445, 446
_READ_FILE, _READ_DIR = 1 << 2, 1 << 3
# How many kinds of file access each version of Landlock's interface knows; all are handled, so all are denied.
_FS_RIGHTS = {1: 13, 2: 14, 3: 15, 4: 15}
_SIGKILL = 9


class JailError(Exception):
    """The kernel refused a part of the jail: no student code may run."""


def landlock_version() -> int:
    """The version of Landlock's interface that the running kernel offers; 0 or less where there is none."""
    return int(_libc.syscall(_LANDLOCK_CREATE_RULESET, None, ctypes.c_size_t(0), 1))


def landlock_ruleset(readable: Iterable[str]) -> int:
    """A ruleset that lets only these folders and files be opened, and only to read.

    It also denies TCP, and signals and abstract sockets to the outside, where the kernel knows how.

    Returns:
        Its file descriptor, for `landlock_restrict`; it can serve many workers.
    """
    version = landlock_version()
    if version < 1:
        raise JailError("this kernel offers no Landlock")
    fs_rights = (1 << _FS_RIGHTS.get(version, 16)) - 1
    tcp, scope = (3 if version >= 4 else 0), (3 if version >= 6 else 0)
    size = 8 if version < 4 else 16 if version < 6 else 24
    attributes = struct.pack("<QQQ", fs_rights, tcp, scope)[:size]
    ruleset = _libc.syscall(_LANDLOCK_CREATE_RULESET, attributes, ctypes.c_size_t(size), 0)
    if ruleset < 0:
        raise JailError(f"landlock_create_ruleset: {os.strerror(ctypes.get_errno())}")
    for path in readable:
        try:
            fd = os.open(path, os.O_PATH | os.O_CLOEXEC)
        except FileNotFoundError:
            continue
        allowed = _READ_FILE | (_READ_DIR if os.path.isdir(path) else 0)
        if _libc.syscall(_LANDLOCK_ADD_RULE, ruleset, 1, struct.pack("<Qi", allowed, fd), 0):
            raise JailError(f"landlock_add_rule: {path}: {os.strerror(ctypes.get_errno())}")
        os.close(fd)
    return int(ruleset)


def landlock_restrict(ruleset: int) -> None:
    """Put the calling thread, and all that it starts, under the ruleset. Cannot be undone."""
    if _libc.syscall(_LANDLOCK_RESTRICT_SELF, ruleset, 0):
        raise JailError(f"landlock_restrict_self: {os.strerror(ctypes.get_errno())}")


def no_new_privileges() -> None:
    """Set no_new_privs, without which neither Landlock nor seccomp is open to an ordinary user."""
    if _libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0):
        raise JailError(f"no_new_privs: {os.strerror(ctypes.get_errno())}")


def die_with_parent() -> None:
    """Ask for SIGKILL when the thread that forked us ends. A change of uid clears it: call this after that."""
    _libc.prctl(_PR_SET_PDEATHSIG, _SIGKILL, 0, 0, 0)


def seccomp(program: bytes) -> None:
    """Load a filter: classic BPF, 8 bytes an instruction, compiled on the trusted side."""
    code = ctypes.create_string_buffer(program, len(program))
    header = ctypes.create_string_buffer(struct.pack("HxxxxxxP", len(program) // 8, ctypes.addressof(code)))
    if _libc.prctl(_PR_SET_SECCOMP, _SECCOMP_MODE_FILTER, ctypes.byref(header), 0, 0):
        raise JailError(f"seccomp: {os.strerror(ctypes.get_errno())}")


def limits(cpu_s: int, memory_mib: int, file_bytes: int) -> None:
    """Set the resource limits of this process, soft and hard alike.

    Args:
        cpu_s: CPU time, in seconds; past it the kernel sends SIGKILL.
        memory_mib: Private writable memory, in MiB. The address space may be 1 GiB larger: libraries map much.
        file_bytes: Size of any file that it writes, captured output included.
    """
    memory = memory_mib << 20
    for name, value in (
        ("CPU", cpu_s),
        ("DATA", memory),
        ("AS", memory + (1 << 30)),
        ("FSIZE", file_bytes),
        ("NOFILE", 64),
        ("NPROC", 64),
        ("CORE", 0),
        ("MEMLOCK", 0),
        ("MSGQUEUE", 0),
    ):
        number = getattr(resource, f"RLIMIT_{name}", None)
        if number is None:
            continue
        hard = resource.getrlimit(number)[1]
        if hard != resource.RLIM_INFINITY:
            value = min(value, hard)
        try:
            resource.setrlimit(number, (value, value))
        except (ValueError, OSError) as e:
            raise JailError(f"RLIMIT_{name}: {e}") from None
