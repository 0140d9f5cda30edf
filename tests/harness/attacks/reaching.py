"""Reaching: network, files, processes, kernel. Each earns q1 only if it gets through (`breach`)."""

import platform

from tests.harness.attacks.corpus import SOCKET, Attack, breach, breaches, call, with_files

# Calls that the sandbox must deny, by their numbers on x86-64; a result of 0 or more is a breach. Signals are only
# probed for (signal 0), so that a breach would harm nobody.
SYSCALLS = {
    "kill": (62, "os.getppid(), 0"),
    "kill of all": (62, "-1, 0"),
    "tkill": (200, "os.getppid(), 0"),
    "tgkill": (234, "os.getppid(), os.getppid(), 0"),
    "rt_sigqueueinfo": (129, "os.getppid(), 0, ctypes.byref(buffer)"),
    "pidfd_open": (434, "os.getppid(), 0"),
    "pidfd_send_signal": (424, "0, 0, 0, 0"),
    "ptrace": (101, "0, 0, 0, 0"),
    "process_vm_readv": (310, "os.getppid(), 0, 0, 0, 0, 0"),
    "prlimit64": (302, "0, 7, 0, ctypes.byref(buffer)"),
    "setrlimit": (160, "7, ctypes.byref(buffer)"),
    "sched_setaffinity": (203, "0, 128, ctypes.byref(buffer)"),
    "setpriority": (141, "0, 0, 0"),
    "io_uring_setup": (425, "1, ctypes.byref(buffer)"),
    "userfaultfd": (323, "1"),
    "perf_event_open": (298, "ctypes.byref(buffer), 0, -1, -1, 0"),
    "bpf": (321, "0, ctypes.byref(buffer), 64"),
    "keyctl": (250, "0, -3, 1"),
    "add_key": (248, "b'user', b'k', b'v', 1, -3"),
    "memfd_create": (319, "b'm', 0"),
    "shmget": (29, "0, 4096, 0o1600"),
    "msgget": (68, "0, 0o1600"),
    "semget": (64, "0, 1, 0o1600"),
    "mq_open": (240, "b'q', 66, 0o600, 0"),
    "socket": (41, "2, 1, 0"),
    "socketpair": (53, "1, 1, 0, ctypes.byref(buffer)"),
    "fork": (57, ""),
    "vfork": (58, ""),
    "clone": (56, "0x11, 0, 0, 0, 0"),
    "clone3": (435, "ctypes.byref(buffer), 64"),
    "execve": (59, "b'/bin/true', 0, 0"),
    "unshare": (272, "0x10000000"),
    "setns": (308, "0, 0"),
    "mount": (165, "b'n', b'/', b'tmpfs', 0, 0"),
    "chroot": (161, "b'/'"),
    "pivot_root": (155, "b'/', b'/'"),
    "setuid": (105, "0"),
    "setresuid": (117, "0, 0, 0"),
    "setsid": (112, ""),
    "prctl": (157, "4, 1, 0, 0, 0"),
    "arch_prctl": (158, "0x1001, ctypes.byref(buffer)"),
    "open_by_handle_at": (304, "-100, ctypes.byref(buffer), 0"),
    "name_to_handle_at": (303, "-100, b'/', ctypes.byref(buffer), ctypes.byref(buffer), 0"),
    "chmod": (90, "b'/tmp', 0o777"),
    "unlink": (87, "b'@CANARY@'"),
    "rename": (82, "b'@CANARY@', b'@CANARY@.old'"),
    "link": (86, "b'@CANARY@', b'/tmp/linked'"),
    "symlink": (88, "b'@CANARY@', b'/tmp/linked'"),
    "mkdir": (83, "b'/tmp/made', 0o777"),
    "truncate": (76, "b'@CANARY@', 0"),
    "utimensat": (280, "-100, b'@CANARY@', 0, 0"),
    "mknod": (133, "b'/tmp/made', 0o10600, 0"),
    "inotify_init": (253, ""),
    "fanotify_init": (300, "0, 0"),
    "modify_ldt": (154, "0, ctypes.byref(buffer), 16"),
    "personality": (135, "0xffffffff"),
    "acct": (163, "0"),
    "reboot": (169, "0, 0, 0, 0"),
    "syslog": (103, "3, ctypes.byref(buffer), 64"),
    "sysfs": (139, "3"),
    "timer_create": (222, "0, 0, ctypes.byref(buffer)"),
    "kcmp": (312, "os.getpid(), os.getpid(), 0, 0, 0"),
    "mlock": (149, "ctypes.byref(buffer), 64"),
    "move_pages": (279, "0, 0, 0, 0, 0, 0"),
    "splice": (275, "0, 0, 1, 0, 0, 0"),
    "vmsplice": (278, "1, 0, 0, 0"),
    "tee": (276, "0, 1, 0, 0"),
    "seccomp": (317, "1, 0, ctypes.byref(buffer)"),
    "landlock_create_ruleset": (444, "0, 0, 1"),
    "quotactl": (179, "0, 0, 0, 0"),
    "finit_module": (313, "0, b'', 0"),
    "connect": (42, "3, ctypes.byref(buffer), 16"),
    "bind": (49, "3, ctypes.byref(buffer), 16"),
    "accept": (43, "3, 0, 0"),
    "x32 getpid": (0x40000000 + 39, ""),
    "x32 ptrace": (0x40000000 + 521, "0, 0, 0, 0"),
}


LIBC = """
import ctypes, os
libc = ctypes.CDLL(None, use_errno=True)
libc.syscall.restype = ctypes.c_long
buffer = ctypes.create_string_buffer(256)
"""


def system_call(number: int, arguments: str) -> str:
    """The body of a breach by one system call."""
    return f"return libc.syscall({number}{', ' if arguments else ''}{arguments}) >= 0"


ATTACKS = {
    "TCP to loopback": breach(
        "import socket; socket.create_connection(('127.0.0.1', @PORT@), 2); return True"
    ),
    "TCP over IPv6": breach("import socket; socket.create_connection(('::1', @PORT@), 2); return True"),
    "UDP to loopback": breach(
        "import socket; s = socket.socket(2, 2); s.sendto(b'x', ('127.0.0.1', @UDP@)); return True"
    ),
    "an abstract Unix socket": breach(
        "import socket; s = socket.socket(1, 1); s.connect('\\0@NAME@'); return True"
    ),
    "a raw socket": breach("import socket; socket.socket(17, 3, 3); return True"),
    "a netlink socket": breach("import socket; socket.socket(16, 3, 0); return True"),
    "a listener of its own": breach(
        "import socket; s = socket.socket(); s.bind(('127.0.0.1', 0)); s.listen(); return True"
    ),
    "asyncio": breach("import asyncio; asyncio.run(asyncio.sleep(0)); return True"),
    "a datagram through the grader's own socket": breach(
        "s = grader_socket(); s.sendto(b'x', ('127.0.0.1', @UDP@)); return True", before=SOCKET
    ),
    "reading the secret file": breach("return 'secret' in open('@CANARY@').read()"),
    "reading the secret file by the root's descriptor": breach(
        "import os; d = os.open('/', os.O_RDONLY); return b'secret' in os.read(os.open('@CANARY@'[1:], 0, dir_fd=d), 99)"
    ),
    "reading the secret file through /proc": breach(
        "return 'secret' in open('/proc/self/root@CANARY@').read()"
    ),
    "mapping the secret file": breach("return int(np.memmap('@CANARY@', np.uint8, 'r')[0]) > 0"),
    "writing to the secret file": breach("open('@CANARY@', 'a').write('x'); return True"),
    "reading the reference": breach("return 'def' in open('@ROOT@/reference/tiny/solution.py').read()"),
    "importing the reference": breach(
        "import importlib, sys; sys.path.insert(0, '@ROOT@/reference/tiny'); sys.modules.pop('solution', None)\n"
        "return 'reference' in importlib.import_module('solution').__file__"
    ),
    "reading the hidden tests": breach(
        "return 'def' in open('@ROOT@/tests/tiny/hidden/test_hidden.py').read()"
    ),
    "listing the tests": breach("import os; return len(os.listdir('@ROOT@/tests/tiny')) > 1"),
    "importing the grader": breach("import harness.expect; return True"),
    "the grader by its path": breach(
        "import sys; sys.path.insert(0, '@ROOT@/../../..'); import harness.expect; return True"
    ),
    "other submissions": breach(
        "import os; return len(os.listdir('..')) > 1 or len(os.listdir('../..')) > 1"
    ),
    "what lies beside": breach(
        "import os; return any(os.path.isfile(os.path.join('..', n)) or n.startswith('sub') and "
        "os.path.abspath(os.path.join('..', n)) != os.getcwd() for n in os.listdir('..'))"
    ),
    "a secret in the environment": breach("import os; return 'BACKMARK_CANARY' in os.environ"),
    "an environment with names of this machine": breach(
        "import os; allowed = {'HOME', 'LANG', 'PATH', 'MPLBACKEND', 'MPLCONFIGDIR', 'LC_CTYPE', 'PWD'}\n"
        "return any(k not in allowed and 'THREADS' not in k and not k.startswith('PYTHON') for k in os.environ)"
    ),
    "the environment through /proc": breach("return bool(open('/proc/self/environ', 'rb').read())"),
    "the grader's memory": breach("return bool(open('/proc/@PID@/mem', 'rb').read(1))"),
    "the processes of this machine": breach("import os; return bool(os.listdir('/proc'))"),
    "descriptors through /proc": breach("import os; return bool(os.listdir('/proc/self/fd'))"),
    "its arguments": breach("import sys; return any('submission' in a or 'tiny' in a for a in sys.argv)"),
    "home folders": breach("import os; return bool(os.listdir('/root')) or bool(os.listdir('/home'))"),
    "the list of users": breach("return 'root' in open('/etc/passwd').read()"),
    "writing beside the submission": breach("open('written', 'w').write('x'); return True"),
    "writing into /tmp": breach("open('/tmp/written', 'w').write('x'); return True"),
    "writing where it was told": breach("open('@MARK@', 'w').write('x'); return True"),
    "writing into shared memory": breach("open('/dev/shm/written', 'w').write('x'); return True"),
    "shared memory": breach(
        "from multiprocessing import shared_memory\nshared_memory.SharedMemory(create=True, size=64); return True"
    ),
    "a semaphore": breach("import multiprocessing; multiprocessing.Lock(); return True"),
    "devices": breach("return bool(open('/dev/mem', 'rb').read(1))"),
    "the terminal": breach("open('/dev/tty', 'w').write('x'); return True"),
    "a subprocess": breach("import subprocess; subprocess.run(['/bin/true']); return True"),
    "a shell": breach("import os; return os.system('touch @MARK@') == 0"),
    "posix_spawn": breach("import os; os.posix_spawn('/bin/true', ['true'], {}); return True"),
    "a daemon": breach(
        "import os\nif os.fork() == 0: os.setsid(); open('@MARK@', 'w'); os._exit(0)\nreturn True"
    ),
    "descriptors that it should not have": breach(
        "import os, stat\nheld = []\nfor n in range(3, 1024):\n    try: held.append(stat.S_IFMT(os.fstat(n).st_mode))\n    except OSError: pass\n"
        "return held != [stat.S_IFSOCK]"
    ),
    "an owner of signals (F_SETOWN)": breach(
        "import fcntl, os; fcntl.fcntl(0, 8, os.getppid()); return True"
    ),
    "a signal to choose (F_SETSIG)": breach("import fcntl, os; fcntl.fcntl(1, 10, 9); return True"),
    "an owner of signals (FIOSETOWN)": breach(
        "import fcntl, struct; fcntl.ioctl(grader_socket().fileno(), 0x8901, struct.pack('i', 1)); return True",
        before=SOCKET,
    ),
    "input for a terminal (TIOCSTI)": breach("import fcntl; fcntl.ioctl(0, 0x5412, b'x'); return True"),
    "a descriptor sent to the grader": call(
        "import socket\nsocket.send_fds(grader_socket(), [frame(['ok', None, []])], [0] * 100); os._exit(0)",
        before=SOCKET,
    ),
    "the hostname": breach("import os, socket; return '@HOSTNAME@' == os.uname().nodename", "failed"),
    "a link in the submission": Attack(
        {**with_files(), "data.txt": "->@CANARY@"}, 0, 0, ("refused",), "refused"
    ),
    "a link in the place of the solution": Attack(
        {"solution.py": "->@ROOT@/reference/tiny/solution.py"}, 0, 0, ("refused",), "refused"
    ),
    "a pipe in the submission": Attack({**with_files(), "pipe": "|"}, 0, 0, ("refused",), "refused"),
}
if platform.machine() == "x86_64":
    ATTACKS |= breaches(
        {f"system call {n}": system_call(*what) for n, what in SYSCALLS.items()},
        "failed",
        "crashed",
        before=LIBC,
    )
    ATTACKS["a system call of 32-bit code"] = breach(
        # mov eax, 20 (getpid); int 0x80; ret
        "import ctypes, mmap\ncode = mmap.mmap(-1, 4096, prot=7); code.write(b'\\xb8\\x14\\0\\0\\0\\xcd\\x80\\xc3')\n"
        "f = ctypes.CFUNCTYPE(ctypes.c_int)(ctypes.addressof(ctypes.c_char.from_buffer(code)))\nreturn f() > 0",
        "failed",
        "crashed",
    )
