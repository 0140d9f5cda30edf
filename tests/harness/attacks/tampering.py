"""Tampering: change what judges, from inside the process that is judged."""

from tests.harness.attacks.corpus import HONEST, SOCKET, Attack, breach, call, one, with_files

WRONG = "return 0 * np.asarray(args[-1])"
EVERYWHERE = """
import gc, sys, types


def worker_objects(name):
    return [o for o in gc.get_objects() if type(o).__name__ == name]


def of_the_grader():
    return {n: m for n, m in list(sys.modules.items()) if n.startswith("backmark")}
"""

ATTACKS = {
    "numpy's comparisons": call(
        WRONG,
        before="np.allclose = np.array_equal = np.isclose = np.all = lambda *a, **k: True\n"
        "np.abs = np.absolute = lambda x: 0 * x\nnp.testing = None",
    ),
    "numpy's asarray": call(WRONG, before="np.asarray = np.array = lambda *a, **k: None", q2=5.0),
    "json": call(
        WRONG, "refused", q2=0.0, before="import json\njson.dumps = lambda *a, **k: '[\"ok\", true, []]'"
    ),
    "builtins": call(
        WRONG,
        "failed",
        "crashed",
        "refused",
        before="import builtins\nbuiltins.abs = lambda x: 0\nbuiltins.all = lambda x: True\n"
        "builtins.len = lambda x: 0\n",
        q2=0.0,
    ),
    "a class that equals everything, by builtins": call(
        "return Yes()",
        before="class Yes:\n    def __eq__(self, o): return True\n    __le__ = __lt__ = __ge__ = __gt__ = __eq__\n"
        "    def __abs__(self): return self\n    def __sub__(self, o): return self\n    __rsub__ = __add__ = __radd__ = __sub__\n"
        "    def __float__(self): return 0.0\n    def __bool__(self): return True\n    __hash__ = None\n"
        "    shape = (3,)\n    dtype = np.dtype(float)\n    ndim = 1\n    size = 3\n",
    ),
    "the table of operations": call(
        WRONG,
        "failed",
        "refused",
        before=EVERYWHERE
        + "for o in worker_objects('Operations'):\n    o.table['call'] = lambda f, *a, **k: True\n"
        "    o.table['probe'] = lambda *a, **k: True\n",
        q2=1.0,  # one test asks once, before it is changed
    ),
    "the worker's modules": call(
        WRONG,
        "failed",
        "refused",
        "crashed",
        before=EVERYWHERE
        + "for m in of_the_grader().values():\n    for n in list(vars(m)):\n        if not n.startswith('__'): vars(m)[n] = None\n",
        q2=0.0,
    ),
    "the worker's own encoder": call(
        WRONG,
        "refused",
        "failed",
        before=EVERYWHERE
        + "for m in of_the_grader().values():\n    if hasattr(m, 'dumps'): m.dumps = lambda *a: "
        "[__import__('struct').pack('<II', 15, 0) + b'[\"ok\", true, []]'[:15]]\n",
        q2=1.0,
    ),
    "the counter of lines": Attack(
        {
            "solution.py": HONEST
            + EVERYWHERE
            + """
def centre(x):
    sys.settrace(None)
    for m in of_the_grader().values():
        if hasattr(m, "LineCounter"):
            m.LineCounter.run = lambda *a: 1
    return 0 * x
"""
        },
        5.0,
        1.0,
    ),
    "a count of lines that is none": Attack(
        {
            "solution.py": HONEST
            + EVERYWHERE
            + """
def centre(x):
    for o in worker_objects("Operations"):
        o.table["count lines"] = lambda *a: [float("nan")]
    return x - np.mean(x, axis=0)
"""
        },
        5.0,
        4.0,
        ("refused",),
    ),
    # A probe that is asked for once is found before the submission is imported: these are honest.
    "the probes": Attack(
        {
            "solution.py": HONEST
            + """
import sys
if "probes" in sys.modules:
    sys.modules["probes"].centred = lambda modules, x: (0 * x, True)
    sys.modules["probes"].doubled_twice = lambda modules, x: np.full(x.shape, np.nan)
"""
        },
        5.0,
        5.0,
    ),
    "a probe that answers with something else": Attack(
        {
            "solution.py": HONEST
            + """
import sys
if "probes" in sys.modules:
    sys.modules["probes"].centred = lambda modules, x: None
    sys.modules["probes"].doubled_twice = lambda modules, x: object()
"""
        },
        5.0,
        5.0,
    ),
    "sitecustomize and usercustomize": Attack(
        {
            **with_files(),
            "sitecustomize.py": "import os; os._exit(0)",
            "usercustomize.py": "import os; os._exit(0)",
        },
        5.0,
        5.0,
    ),
    "conftest.py and pytest.ini": Attack(
        {
            **with_files(),
            "conftest.py": "import os; open('@MARK@', 'w')\ndef pytest_runtest_makereport(): os._exit(0)",
            "pytest.ini": "[pytest]\naddopts = --co\n",
            "tox.ini": "[pytest]\naddopts = --co\n",
            "pyproject.toml": "x",
        },
        5.0,
        5.0,
    ),
    "a .pth file and compiled files": Attack(
        {
            **with_files(),
            "evil.pth": "import os; os._exit(0)",
            "__pycache__/solution.cpython-311.pyc": b"\xa7\r\r\n" + bytes(20),
            "solution.pyc": bytes(30),
            "evil.so": b"\x7fELF",
        },
        5.0,
        5.0,
    ),
    "shadows of modules": Attack(
        {
            **with_files(),
            **{
                f"{n}.py": "raise SystemExit(0)"
                for n in ("numpy", "random", "json", "struct", "codec", "probes", "socket", "warnings")
            },
            "backmark_untrusted/__init__.py": "raise SystemExit(0)",
            "harness/__init__.py": "raise SystemExit(0)",
            "harness/isolation/untrusted/__init__.py": "raise SystemExit(0)",
            "harness/isolation/untrusted/slopes.py": "raise SystemExit(0)",
        },
        5.0,
        5.0,
    ),
    "a handler at exit": Attack(
        {"solution.py": HONEST + "\nimport atexit\natexit.register(lambda: open('@MARK@', 'w'))\n"}, 5.0, 5.0
    ),
    "a thread that outlives the call": breach(
        "import threading; threading.Thread(target=lambda: open('@MARK@', 'w')).start(); return True"
    ),
    "a signal handler that answers later": call(
        "import signal\nsignal.signal(signal.SIGALRM, lambda *a: forge(frame(['ok', True, []])))\nsignal.setitimer(signal.ITIMER_REAL, 0.0005)\n"
        "while True: pass",
        before=SOCKET,
    ),
    "state kept in a module between tests": breach(
        "import numpy\nn = getattr(numpy, 'kept', 0); numpy.kept = n + 1; return n > 2"
    ),
    "state kept in a file between tests": breach(
        "import os\nfor d in ('.', '/tmp', '/dev/shm', '/var/tmp', os.path.dirname(np.__file__)):\n"
        "    p = os.path.join(d, 'kept')\n    if os.path.exists(p): return True\n    try: open(p, 'w').close()\n    except OSError: pass\nreturn False"
    ),
    "state kept in the output": breach("import os; n = os.fstat(1).st_size; os.write(1, b'x'); return n > 1"),
    "finding the expected values in frames and in the collector": breach(
        "import gc, sys\nf, seen = sys._getframe(), []\nwhile f:\n    seen += list(f.f_locals) + list(f.f_globals); f = f.f_back\n"
        "return any('expected' in str(k) or str(k) in ('want', 'reference') for k in seen) or any(type(o).__name__ in ('Mismatch', 'Run', 'GradedTest') for o in gc.get_objects())"
    ),
    "finding the names of tests": breach(
        "import gc\nreturn any(isinstance(o, dict) and any(isinstance(v, str) and 'test_' + 'centre' in v for v in list(o.values())) for o in gc.get_objects())"
    ),
    "a stolen request": call(
        "s = grader_socket(); s.setblocking(False)\ntry: s.recv(1 << 16)\nexcept OSError: pass\nreturn 0",
        before=SOCKET,
    ),
    "a way to the warm interpreter": breach(
        "sockets = [n for n in range(3, 1024) if is_socket(n)]\nreturn len(sockets) > 1", before=SOCKET
    ),
    "two answers for one question": one(
        "double",
        "grader_socket_once()\nreturn 2 * args[0]",
        "refused",
        "failed",
        "crashed",
        before=SOCKET + "\nsent = []\ndef grader_socket_once():\n"
        "    if not sent:\n        sent.append(grader_socket()); sent[0].sendall(frame(['ok', None, []]))\n",
        q1=2.0,
    ),
    "the socket on another descriptor": call(
        "s = grader_socket(); os.dup2(0, s.fileno()); return 2 * args[0]", "crashed", before=SOCKET
    ),
    "the answer's descriptor closed": call(
        "os.close(grader_socket().fileno()); return 2 * args[0]", "crashed", before=SOCKET
    ),
    "half an answer, then nothing": call(
        "s = grader_socket(); s.sendall(frame(['ok', 1, []])[:9]); os._exit(0)", "crashed", before=SOCKET
    ),
}
