"""Hanging: never answer. Those that sleep are waited for by the wall clock, so there are few of them (SLOW)."""

from tests.harness.attacks.corpus import SOCKET, loading, one

ATTACKS = {
    "a loop in Python": one("total", "while True: pass", "timed out"),
    "a loop at import": loading("while True: pass", "timed out"),
    "a loop inside one native call": one("total", "return sum(range(10**15))", "timed out"),
    "a loop inside a regular expression": one(
        "total", "import re; re.match(r'(a+)+$', 'a' * 60 + 'b')", "timed out"
    ),
    "a giant power": one("total", "return 7 ** (7 ** 12)", "timed out", "out of memory"),
    "a loop that ignores SIGXCPU and every exception": one(
        "total",
        "import signal\nsignal.signal(signal.SIGXCPU, signal.SIG_IGN)\nwhile True:\n    try:\n        while True: pass\n"
        "    except BaseException: pass",
        "timed out",
    ),
    "clocks that stand still": one(
        "total",
        "while time.time() < 1: pass",
        "timed out",
        before="import time\nfor name in ('time', 'monotonic', 'perf_counter', 'process_time'):\n    setattr(time, name, lambda: 0.0)\n",
    ),
    "raising its own limits": one(
        "total",
        "import resource\nresource.setrlimit(resource.RLIMIT_CPU, (1000, 1000))\nwhile True: pass",
        "failed",  # refused at once
    ),
    "an endless generator": one("total", "import itertools; return itertools.count()", "failed", "timed out"),
    "an object whose length never comes": one(
        "total",
        "class Slow:\n    def __len__(self):\n        while True: pass\nreturn Slow()",
        "failed",
        "timed out",
    ),
    "a callback that never ends": one("apply", "while True: args[0](args[1])", "timed out", "failed"),
    "matrix products without end": one(
        "total", "a = np.ones((500, 500))\nwhile True: a = a @ a / 500", "timed out"
    ),
    "a loop while it is encoded": one(
        "total",
        "class T(type):\n    def __instancecheck__(c, o): return True\n"
        "class L(metaclass=T):\n    @property\n    def __class__(self):\n        while True: pass\nreturn L()",
        "failed",
        "timed out",
    ),
}

SLOW = {
    "sleep": one("total", "import time; time.sleep(10**6)", "timed out"),
    "bytes that drip": one(
        "total",
        "import time\ns = grader_socket()\nfor b in frame(b'[\"ok\", 10.5, []]' + b' ' * 100):\n    time.sleep(0.5); s.send(bytes([b]))",
        "timed out",
        "refused",
        before=SOCKET,
    ),
    "a read that blocks": one("total", "import os; r, w = os.pipe(); os.read(r, 1)", "timed out"),
    "stealing the requests": one(
        "total", "s = grader_socket()\nwhile True: s.recv(1 << 16)", "timed out", before=SOCKET
    ),
    "a wait at import": loading("import select; select.select([], [], [])", "timed out"),
}
