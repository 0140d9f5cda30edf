"""Ending: leave before the answer, in the hope that an early end counts as a good one."""

from tests.harness.attacks.corpus import HONEST, Attack, call, loading, one

ATTACKS = {
    "os._exit(0) in a call": call("import os; os._exit(0)", "crashed"),
    "os._exit(0) at import": loading("import os; os._exit(0)", "crashed"),
    "sys.exit(0) in a call": call("import sys; sys.exit(0)", "crashed"),
    "SystemExit at import": loading("raise SystemExit(0)", "crashed"),
    "KeyboardInterrupt in a call": call("raise KeyboardInterrupt", "crashed"),
    "KeyboardInterrupt at import": loading("raise KeyboardInterrupt", "crashed"),
    "GeneratorExit": call("raise GeneratorExit", "crashed"),
    "a BaseException of its own": call("raise Done", "crashed", before="class Done(BaseException): pass"),
    "pytest.skip": call("import pytest; pytest.skip('please')"),
    "pytest.exit at import": loading("import pytest; pytest.exit('bye', 0)"),
    "exceptions with the names of pytest's": call(
        "raise type('Skipped', (BaseException,), {'__module__': 'Skipped'})('skip me')", "crashed"
    ),
    "exceptions with the names of the grader's": call(
        "raise type('GraderFault', (Exception,), {})('our fault, not theirs')"
    ),
    "exception named NotRun": call("raise type('NotRun', (Exception,), {})('x')"),
    "abort": call("import os; os.abort()", "crashed"),
    "a segmentation fault by ctypes": call("import ctypes; ctypes.string_at(8)", "crashed"),
    "deep recursion": call("def f(n): return f(n + 1)\nreturn f(0)"),
    "deep recursion without a limit": call(
        "import sys; sys.setrecursionlimit(10**9)\ndef f(n): return str.join('', map(f, [n + 1]))\nreturn f(0)",
        "crashed",
        "out of memory",
        "failed",  # Python 3.12 and newer raise a RecursionError all the same
    ),
    "closing all descriptors": call("import os; os.closerange(0, 1024); return 2 * args[0]", "crashed"),
    "killing itself": call("import os; os.kill(os.getpid(), 9)"),
    "SIGABRT by raise": call("import signal; signal.raise_signal(signal.SIGABRT)", "failed", "crashed"),
    "exec of another program": call("import os; os.execv('/bin/true', ['true'])"),
    "an alarm that is not caught": call(
        "import signal; signal.setitimer(signal.ITIMER_REAL, 0.001)\nwhile True: pass", "crashed"
    ),
    "exit in a finaliser": one(
        "total",
        "class Last:\n    def __del__(self): os._exit(0)\nlast = Last()\nreturn np.sum(args[0])",
        "crashed",
        before="import os",
    ),
    "exit while its exception is printed": call(
        "raise Odd", "failed", before="class Odd(Exception):\n    def __str__(self): raise SystemExit(0)"
    ),
    "NotImplementedError for work that is wrong": call("raise NotImplementedError", "not written"),
    "NotImplementedError at import": Attack(
        {"solution.py": HONEST + "\nraise NotImplementedError\n"}, 0, 0, ("not written",)
    ),
    "MemoryError by hand": call("raise MemoryError", "out of memory"),
    "StopIteration": call("raise StopIteration"),
    "an exception group": call(
        "raise BaseExceptionGroup('many', [KeyboardInterrupt(), ValueError()])", "crashed"
    ),
    "a syntax error": Attack({"solution.py": "def double(x:\n    return 2 * x\n"}, 0, 0),
    "ten thousand brackets": Attack(
        {"solution.py": HONEST + "x = " + "(" * 10_000 + ")" * 10_000},
        0,
        0,
        ("failed", "out of memory", "crashed"),
    ),
    "a null byte in the source": Attack({"solution.py": HONEST + "\0"}, 0, 0),
    "a source in an unknown encoding": Attack({"solution.py": "# coding: nonsense\n" + HONEST}, 0, 0),
    "a nest of ten thousand unary operators": Attack(
        {"solution.py": HONEST + "x = " + "-" * 100_000 + "1\n"}, 0, 0, ("failed", "out of memory", "crashed")
    ),
}
