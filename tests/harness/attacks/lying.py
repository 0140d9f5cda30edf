"""Lying: values that claim to be what they are not, and replies that no honest worker sends."""

from tests.harness.attacks.corpus import HONEST, SOCKET, Attack, call, fives

YES = """
class Yes(np.ndarray):
    def __array_ufunc__(self, *a, **k): return True
    def __array_function__(self, *a, **k): return True
    def __eq__(self, other): return True
    def __bool__(self): return True


class Array:
    def __array__(self, *a, **k): return np.array([2.0, -5.0, 8.0])
    __array_interface__ = {"shape": (1 << 40,), "typestr": "<f8", "data": (8, False), "version": 3}


class Liar(type):
    def __instancecheck__(cls, o): return True
    def __subclasscheck__(cls, o): return True
    def mro(cls): return type.mro(cls)
    @property
    def __name__(cls): raise SystemExit
    @property
    def __mro__(cls): raise KeyboardInterrupt


class Number(float): pass
class Text(str): pass
class Whole(int): pass
class Row(list): pass
class Pair(tuple): pass
class Table(dict): pass
"""


VALUES = {
    "None": "None",
    "an int": "7",
    "an empty tuple": "()",
    "a tuple of one": "(np.zeros(3),)",
    "a string": "'2.0 -5.0 8.0'",
    "bytes": "b'8'",
    "a dict": "{'value': [2.0, -5.0, 8.0]}",
    "a function": "lambda: 8.0",
    "a class": "Array",
    "a module": "np",
    "the input itself": "args[-1]",
    "NotImplemented": "NotImplemented",
    "Ellipsis": "...",
    "a slice": "slice(None)",
    "NaN": "np.nan",
    "NaN everywhere": "np.full(np.shape(args[-1]), np.nan)",
    "infinity": "np.full(np.shape(args[-1]), np.inf)",
    "a complex NaN": "np.full(np.shape(args[-1]), np.nan + 1j)",
    "complex numbers": "2 * np.asarray(args[-1], complex)",
    "a subclass of ndarray": "(2 * np.asarray(args[-1])).view(Yes)",
    "a masked array": "np.ma.masked_all((3,))",
    "a matrix": "np.matrix([[0, 2, 4], [6, 8, 10]])",
    "a record array": "np.rec.array([(1, 2.0)])",
    "a structured array": "np.zeros(3, 'f8,f8')",
    "an array of objects": "np.array([Array(), None], object)",
    "a 0-d array of an object": "np.array(None, object)",
    "an array of dates": "np.zeros(3, 'M8[s]')",
    "an array of void": "np.zeros(3, 'V8')",
    "text as an array": "np.array(['2.0', '-5.0', '8.0'])",
    "an object with __array__": "Array()",
    "a list of them": "[Array(), Array()]",
    "a float's subclass": "Number(10.5)",
    "a str's subclass": "Text('x')",
    "an int's subclass": "Whole(7)",
    "a list's subclass": "Row([1])",
    "a tuple's subclass": "Pair([1])",
    "a dict's subclass": "Table()",
    "a generator": "(2 * x for x in np.ravel(args[-1]))",
    "an iterator": "iter([2.0, -5.0, 8.0])",
    "a range": "range(3)",
    "a set": "{2.0, -5.0, 8.0}",
    "a memoryview": "memoryview(b'123')",
    "a bytearray": "bytearray(3)",
    "float16 that overflows": "np.full(np.shape(args[-1]), 1e6, np.float16)",
    "integers that overflow": "np.full(np.shape(args[-1]), 2**63 - 1)",
    "unsigned integers": "np.zeros(np.shape(args[-1]), np.uint64) - np.uint64(1)",
    "longdouble out of range": "np.full(np.shape(args[-1]), np.longdouble('1e4000'))",
    "a bool": "True",
    "an array of bool": "np.ones(np.shape(args[-1]), bool)",
    "an int without end": "10 ** 4200",
    "a negative zero": "-0.0",
    "ragged rows": "[[1.0], [1.0, 2.0]]",
    "a list of objects": "[object()] * 3",
    "lists of nothing": "[[], [[]]]",
    "numbers and text": "[1.0, '2', None]",
    "huge ints in a list": "[1.0, 10 ** 400]",
    "a list of dicts": "[{}, {}]",
    "an empty array": "np.zeros((0, 3))",
    "an array in 64 dimensions": "np.zeros((1,) * 64)",
    "a wrong shape": "np.zeros((3, 3))",
    "a strange class": "Liar('x' * 300, (), {})()",
    "a class that lies about its name": "Liar('x', (), {})",
    "another base": "type('E', (), {'__class__': property(lambda s: np.ndarray)})()",
    "an exception": "ValueError('x')",
    "a type with a hostile name": "type('<script>\\x1b[2J\\u202e', (), {})()",
    "surrogates": "'\\ud800'",
    "an array of surrogates": "np.array(['\\ud800'])",
    "a dtype": "np.dtype(float)",
    "a key that is a tuple": "{(1, 2): 3}",
    "keys that collide": "{(2**61 - 1) * k: 0 for k in range(100)}",
}

RAISED = {
    "an exception whose text raises": "class E(Exception):\n    def __str__(self): raise KeyboardInterrupt\nraise E",
    "an exception whose text is no text": "class E(Exception):\n    def __str__(self): return 7\nraise E",
    "an exception whose text is a liar": "class E(Exception):\n    def __str__(self): return Text('x' * 9999)\nraise E",
    "an exception of a lying metaclass": "class M(type):\n    def mro(c): return [c, *type.mro(c)[1:]]\n    __name__ = property(lambda c: 1 / 0)\nraise M('E', (Exception,), {})",
    "an exception whose class is another": "class E(Exception):\n    __class__ = property(lambda s: 1 / 0)\nraise E('x')",
    "an exception with a hostile traceback": "class E(Exception):\n    __traceback__ = property(lambda s: 1 / 0)\nraise E('x')",
    "a syntax error by hand": "e = SyntaxError('x'); e.filename = 7; e.text = object(); e.lineno = 'x'; raise e",
    "an OSError of three": "raise OSError(2, 'x', 'y')",
    "a KeyError of an object": "raise KeyError(type('K', (), {'__repr__': lambda s: 1 / 0})())",
    "a UnicodeDecodeError": "b'\\xff'.decode()",
    "a name with surrogates": "raise type('E\\u202e<b>', (Exception,), {})('\\ud800\\x1b[31m')",
    "a warning without text": "import warnings\nclass W(UserWarning):\n    def __str__(self): raise ValueError\nwarnings.warn(W())\nraise ValueError",
    "warnings with odd lines": "import warnings\nwarnings.warn_explicit('x', UserWarning, 'f', 2**31 - 1)\nwarnings.warn_explicit('x', UserWarning, 'f', -5)\nraise ValueError",
    "a code object with a hostile name": "exec(compile('def f(): raise ValueError(1)', __file__, 'exec').replace(co_name='\\x1b[2J'), globals()); f()",
}

FRAMES = {
    "garbage": "b'\\x00\\xff' * 500",
    "nothing": "b''",
    "text": "b'HTTP/1.1 200 OK\\r\\n\\r\\n'",
    "no JSON": "frame(b'[1, 2')",
    "not UTF-8": "frame(b'[\"\\xff\\xfe\"]')",
    "a number": "frame(7)",
    "a string": "frame('ok')",
    "an empty list": "frame([])",
    "a dict of two keys": "frame({'t': [], 'd': []})",
    "an unknown kind": "frame({'z': 1})",
    "an empty dict": "frame({})",
    "ok without a value": "frame(['ok'])",
    "ok without warnings": "frame(['ok', 1])",
    "ok with too much": "frame(['ok', 1, [], 2])",
    "warnings that are none": "frame(['ok', 1, {'d': []}])",
    "ok as text of NumPy": "frame([{'s': ['<U2', [], 'C', 0]}, 1, []], 'ok'.encode('utf-32-le'))",
    "ok as an array": "frame([{'a': ['<U2', [3], 'C', 0]}, 1, []], 'okokok'.encode('utf-32-le'))",
    "ok as a handle": "frame([{'h': [0, 'x', True]}, 1, []])",
    "call back as an array": "frame([{'a': ['<U9', [2], 'C', 0]}, 0, {'t': []}, {'d': []}], ('call back' * 2).encode('utf-32-le'))",
    "a tuple": "frame({'t': ['ok', 1, []]})",
    "an array for a reply": "frame({'a': ['<f8', [3], 'C', 0]}, bytes(24))",
    "a warning on a line of 2**31": "frame(['ok', None, [[['UserWarning'], 'x', 1 << 31]]])",
    "a warning on a line of 2**99": "frame(['ok', None, [[['UserWarning'], 'x', -(1 << 99)]]])",
    "a warning of a strange name": "frame(['ok', None, [[['\\ud800', '__debug__', 'print', ''], '\\ud800\\u202e', True]]])",
    "warnings that are no lists": "frame(['ok', None, [1, None, [], [[], [], []], {'d': []}]])",
    "an error without names": "frame(['error', [[], '', ''], []])",
    "an error of numbers": "frame(['error', [[1, None, {'t': []}], '', ''], []])",
    "an error that is a list": "frame(['error', [], []])",
    "an error of ours": "frame(['error', [['GraderFault', 'Exception'], 'x', 'y'], []])",
    "an error of pytest's": "frame(['error', [['Skipped', 'OutcomeException', 'Exception'], 'x', 'y'], []])",
    "an error of every name": "frame(['error', [['SyntaxError', 'OSError', 'UnicodeError', 'Exception'], '\\ud800' * 5000, '\\x1b' * 5000], []])",
    "an AssertionError": "frame(['error', [['AssertionError', 'Exception'], '', ''], []])",
    "an error in surrogates": "frame(['error', [['\\ud800\\u202e', 'Exception'], '\\ud800', '\\ud800'], []])",
    "refused, with odd words": "frame(['refused', '\\u202e\\x1b[2J<script>', []])",
    "refused, with numbers": "frame(['refused', 1, []])",
    "a callback that was never passed": "frame(['call back', 99, {'t': []}, {'d': []}])",
    "a callback of a negative number": "frame(['call back', -1, {'t': []}, {'d': []}])",
    "a callback of True": "frame(['call back', True, {'t': []}, {'d': []}])",
    "a callback of text": "frame(['call back', 'x', {'t': []}, {'d': []}])",
    "a callback with lists": "frame(['call back', 0, [], []])",
    "a callback with bad keywords": "frame(['call back', 0, {'t': []}, {'d': [[1, 2]]}])",
    "a callback with a handle": "frame(['call back', 0, {'t': [{'h': [5, 'x', True]}]}, {'d': []}])",
    "a callback of nothing": "frame(['call back'])",
    "a handle of a huge number": "frame(['ok', {'h': [10 ** 4000, 'x', True]}, []])",
    "a handle of text": "frame(['ok', {'h': ['0', 'x', True]}, []])",
    "a handle with a hostile name": "frame(['ok', {'h': [3, '\\x1b[2J<script>' * 99, True]}, []])",
    "a handle of a module": "frame(['ok', {'h': [3, 'module', True]}, []])",
    "a handle inside an array's place": "frame(['ok', [{'h': [3, 'x', True]}, 1.0, 2.0], []])",
    "a function for us": "frame(['ok', {'h': ['function', 0]}, []])",
    "a bad dtype": "frame(['ok', {'a': ['|O', [1], 'C', 0]}, []], bytes(8))",
    "a dtype of fields": "frame(['ok', {'a': ['<f8,<f8', [1], 'C', 0]}, []], bytes(16))",
    "a dtype that is a list": "frame(['ok', {'a': [['<f8'], [1], 'C', 0]}, []], bytes(8))",
    "a bool of 7": "frame(['ok', {'a': ['|b1', [1], 'C', 0]}, []], b'\\x07')",
    "code points that are none": "frame(['ok', {'a': ['<U1', [1], 'C', 0]}, []], b'\\xff' * 4)",
    "code points that are none, on their head": "frame(['ok', {'a': ['>U1', [1], 'C', 0]}, []], b'\\xff' * 4)",
    "too few bytes": "frame(['ok', {'a': ['<f8', [3], 'C', 0]}, []], bytes(8))",
    "a negative shape": "frame(['ok', {'a': ['<f8', [-1, -1], 'C', 0]}, []], bytes(8))",
    "a shape of floats": "frame(['ok', {'a': ['<f8', [1.0], 'C', 0]}, []], bytes(8))",
    "a buffer that is not there": "frame(['ok', {'a': ['<f8', [1], 'C', 9]}, []], bytes(8))",
    "a buffer from the end": "frame(['ok', {'a': ['<f8', [1], 'C', -1]}, []], bytes(8))",
    "a buffer twice": "frame(['ok', [{'y': 0}, {'y': 0}], []], bytes(8))",
    "65 dimensions": "frame(['ok', {'a': ['<f8', [1] * 65, 'C', 0]}, []], bytes(8))",
    "an odd order": "frame(['ok', {'a': ['<f8', [1], 'A', 0]}, []], bytes(8))",
    "colliding keys": "frame(['ok', {'d': [[(2**61 - 1) * k, 0] for k in range(10_000)]}, []])",
    "a key that is a list": "frame(['ok', {'d': [[[], 0]]}, []])",
    "a complex of text": "frame(['ok', {'c': ['x', 'y']}, []])",
    "a complex of huge ints": "frame(['ok', {'c': [10 ** 400, 0]}, []])",
    "ten thousand brackets": "frame(b'[' * 10_000 + b']' * 10_000)",
    "nested a hundred deep": "frame(b'[\"ok\", ' + b'[' * 100 + b']' * 100 + b', []]')",
    "an int of 5,000 digits": "frame(b'[\"ok\", ' + b'9' * 5000 + b', []]')",
    "Infinity": "frame(b'[\"ok\", Infinity, []]')",
    "a NaN": "frame(b'[\"ok\", NaN, []]')",
    "two replies": "frame(['ok', None, []]) * 2",
}

OBJECTS = {
    "a handle that answers everything with itself": call(
        "return Me()",
        "failed",
        "refused",
        before="class Me:\n    def __getattr__(self, n): return self\n    def __call__(self, *a, **k): return self\n"
        "    def __getitem__(self, k): return self\n    def __iter__(self): return iter([self] * 3)\n    def __len__(self): return 3\n"
        "    def __eq__(self, o): return True\n    def __hash__(self): return 0\n",
    ),
    "an object for the test's function": Attack(
        {
            "solution.py": HONEST
            + """
class Odd:
    def __getattr__(self, name): raise SystemExit
    def __len__(self): return 1 << 62
    def __iter__(self): return iter(int, 1)
def apply(f, x): return f(Odd())
"""
        },
        4.0,
    ),
    "an object that ends the process inside the test's function": Attack(
        {
            "solution.py": HONEST
            + """
import os
class Odd:
    def __len__(self): os._exit(0)
    __iter__ = __getitem__ = __getattr__ = lambda *a: os._exit(0)
def apply(f, x): return f([Odd(), Odd()])
"""
        },
        4.0,
        5.0,
        ("failed", "crashed"),
    ),
    "calls that call each other": Attack(
        {
            "solution.py": HONEST
            + """
class Odd:
    def __init__(self, f): self.f = f
    def __len__(self): return self.f(self)
    def __iter__(self): return self.f(self)
def apply(f, x): return f(Odd(f))
"""
        },
        4.0,
        5.0,
        ("failed", "refused"),
    ),
    "memory for the test's function": Attack(
        {
            "solution.py": HONEST
            + """
def apply(f, x): return f(np.zeros((100, 1 << 20), np.int8))
"""
        },
        4.0,
        5.0,
        ("failed", "refused"),
    ),
    "the test's function, called with too much": Attack(
        {"solution.py": HONEST + "\ndef apply(f, x): return f(x, x, x, y=x)\n"}, 4.0
    ),
    "the test's function, called too often": Attack(
        {"solution.py": HONEST + "\ndef apply(f, x): return [f(x) for _ in range(2000)][0]\n"}, 4.0
    ),
    "the test's function itself": Attack(
        {"solution.py": HONEST + "\ndef apply(f, x): return f\n"}, 4.0, 5.0, ("failed", "refused")
    ),
    "functions that are no functions": Attack(
        {"solution.py": HONEST + "\ndouble, total, apply = 7, None, np.ones(3)\n"},
        0.0,
        5.0,
        ("refused", "failed"),
    ),
    "functions that are missing": Attack(
        {"solution.py": HONEST + "\ndel double, total, apply\n"}, 0.0, 5.0, ("not written", "failed")
    ),
    "a module that is an object": Attack(
        {
            "solution.py": HONEST
            + """
import sys
class Module:
    def __getattr__(self, name): return lambda *a: True
sys.modules["solution"] = Module()
"""
        },
        0.0,
        0.0,
        ("failed", "refused"),
    ),
    "a module that is plain data": Attack(
        {"solution.py": "import sys\nsys.modules['solution'] = [1, 2]\n"}, 0.0, 0.0, ("failed", "refused")
    ),
    "a module that is None": Attack(
        {"solution.py": "import sys\nsys.modules['solution'] = None\n"}, 0.0, 0.0, ("failed", "refused")
    ),
    "right, but as plain lists": Attack(
        {"solution.py": HONEST + "\nold = double\ndef double(x): return old(x).tolist()\n"}, 5.0
    ),
}

ATTACKS = {
    **fives(
        {name: f"return {expression}" for name, expression in VALUES.items()}, "failed", "refused", before=YES
    ),
    **fives(RAISED, "failed", "crashed", before=YES),
    **fives(
        {f"forged: {name}": f"forge({frame})" for name, frame in FRAMES.items()},
        "refused",
        "failed",
        "crashed",
        before=SOCKET,
    ),
    **OBJECTS,
}
