"""Compile the seccomp filter of a worker, on the trusted side: an allow-list, EPERM for everything else.

libseccomp (through pyseccomp) knows the numbers of system calls on each architecture; the worker only loads
the bytes.
"""

import functools
import tempfile

# What Python and NumPy need to compute, read their own files and talk over sockets that they were handed.
# Not here: clone, fork, exec, kill, ptrace, socket, connect, unshare, mount, io_uring, setrlimit, memfd_create;
# nor tgkill, whose target a filter cannot tell from ourselves: abort() then ends in a segmentation fault.
ALLOWED = """
    read write readv writev pread64 pwrite64 lseek close fstat newfstatat stat lstat statx access faccessat faccessat2
    open openat readlink readlinkat getdents64 getcwd dup dup2 dup3 poll ppoll select pselect6 pipe2
    ftruncate mmap munmap mremap mprotect madvise brk futex sched_yield sched_getaffinity getrandom
    clock_gettime clock_getres clock_nanosleep nanosleep gettimeofday time times getrusage sysinfo uname
    rt_sigaction rt_sigprocmask rt_sigreturn sigaltstack getpid gettid getppid getuid geteuid getgid getegid getpgrp
    setitimer getitimer alarm recvfrom recvmsg sendto sendmsg set_robust_list rseq restart_syscall exit exit_group
""".split()  # noqa: SIM905  (one name a word reads best)

# Of fcntl and ioctl only these: F_SETOWN and FIOSETOWN would have the kernel signal any process of the same user.
FCNTL = (0, 1, 2, 3, 4, 5, 6, 7, 1030, 1034)  # F_DUPFD … F_SETLKW, F_DUPFD_CLOEXEC, F_GET_SEALS
IOCTL = (
    0x5401,
    0x5413,
    0x541B,
    0x5421,
    0x5450,
    0x5451,
)  # TCGETS, TIOCGWINSZ, FIONREAD, FIONBIO, FIONCLEX, FIOCLEX

_EPERM, _ENOSYS = 1, 38


@functools.cache
def compiled() -> tuple[bytes | None, str]:
    """The program (classic BPF) and an empty string, or None and why it could not be compiled."""
    try:
        import pyseccomp
    except ImportError:
        return None, "the Python package pyseccomp is not installed"
    except (RuntimeError, OSError):
        return None, "the library libseccomp.so.2 is not installed"
    try:
        program = pyseccomp.SyscallFilter(pyseccomp.ERRNO(_EPERM))
        for name in ALLOWED:
            try:
                program.add_rule(pyseccomp.ALLOW, name)
            except OSError:  # not a system call of this architecture
                continue
        for call, commands in (("fcntl", FCNTL), ("ioctl", IOCTL)):
            for command in commands:
                program.add_rule(pyseccomp.ALLOW, call, pyseccomp.Arg(1, pyseccomp.EQ, command))
        program.add_rule(
            pyseccomp.ERRNO(_ENOSYS), "clone3"
        )  # so that libc falls back to clone, which is denied
        with tempfile.TemporaryFile() as out:
            program.export_bpf(out)
            out.seek(0)
            return out.read(), ""
    except (RuntimeError, OSError, ValueError) as e:
        return None, f"libseccomp cannot compile the filter here: {e}"
