"""Exhausting: memory, disk, processes, descriptors, output, and the patience of whoever decodes the answer."""

from tests.harness.attacks.corpus import SOCKET, Attack, call, one

RIGHT = {"q1": 5.0, "q2": 5.0}
OUT = ("out of memory", "crashed", "timed out", "failed")

ATTACKS = {
    "a list without end": call("x = []\nwhile True: x.append(bytearray(1 << 20))", "out of memory"),
    "an array of 4 GiB": call("return np.ones(1 << 29)", "out of memory"),
    "memory below the limit of addresses": one(
        "total",
        "import mmap\nx = []\nwhile True: x.append(mmap.mmap(-1, 1 << 24)); x[-1][:] = b'x' * (1 << 24)",
        *OUT,
    ),
    "a broadcast view of terabytes": call("return np.broadcast_to(1.0, (1 << 20, 1 << 20))", "refused"),
    "a broadcast view that fits the header": call(
        "return np.broadcast_to(np.int8(1), (330 << 20,))", "refused"
    ),
    "a list that holds itself": call("x = []; x.append(x); return x", "refused"),
    "a list that doubles": call("x = []\nfor _ in range(60): x = [x, x]\nreturn x", "refused"),
    "a dict that holds itself": call("x = {}; x['x'] = x; return x", "refused"),
    "nested a thousand deep": call("x = 0\nfor _ in range(1000): x = (x,)\nreturn x", "refused"),
    "half a million numbers": call("return list(range(500_000))", "refused"),
    "five thousand arrays": call("return [np.zeros(1)] * 5000", "refused"),
    "an int of 10,000 digits": call("return 10 ** 10_000", "refused"),
    "an int of 4,000 digits": call("return 10 ** 4000"),
    "a string of 5 MiB": call("return 'x' * (5 << 20)", "refused"),
    "long keys": call("return {'k' * 10**6 + str(i): i for i in range(10)}", "refused"),
    "text that is padded where it is put together": call("return ['x' * 10**6] + [''] * 10_000"),
    "rows of text that are padded": call(
        "return [np.array(['x' * 9000] * 2)] + [np.array(['a', 'b'])] * 4000", "failed", "refused"
    ),
    "NaN in sixty dimensions": one(
        "double", "return np.full((1,) * 60 + (10**7,), np.nan, np.float16)", "failed", q1=2.0
    ),
    "160 million entries of one byte": one(
        "double", "return np.zeros(160 << 20, np.int8)", "failed", "refused", "out of memory", q1=2.0
    ),
    "a fork bomb": call("import os\nwhile True: os.fork()"),
    "threads": call("import threading\nwhile True: threading.Thread(target=lambda: None).start()"),
    "a pool of processes": call("import multiprocessing\nreturn multiprocessing.Pool(50).map(abs, [1])"),
    "a flood of prints": call(
        "for _ in range(3000): print('x' * 1000)\nreturn honest(args)",
        before="honest = lambda a: a[0](a[1]) if callable(a[0]) "
        "else (np.sum(a[0]) if a[0].shape == (2, 2) else 2 * a[0])",
        **RIGHT,
    ),
    "a flood straight to the descriptors": call("import os\nwhile True: os.write(1, b'x' * 65536)"),
    "output that is cut and stretched": call(
        "import os\nos.ftruncate(1, 0); os.ftruncate(2, 1 << 20)\nprint('\\x1b[2J'); os.pwrite(1, b'\\xff\\x00' * 99, 5)\nraise ValueError"
    ),
    "stretching the output over its limit": call("import os; os.ftruncate(1, 1 << 40); return 0"),
    "a flood of warnings": call(
        "import warnings\nfor i in range(2000): warnings.warn(f'{i} ' + 'w' * 5000, stacklevel=i + 1)\nreturn honest(args)",
        before="honest = lambda a: a[0](a[1]) if callable(a[0]) else (np.sum(a[0]) if a[0].shape == (2, 2) else 2 * a[0])",
        **RIGHT,
    ),
    "a giant text of an exception": call("raise ValueError('x' * 10**7)"),
    "a giant name of an exception": call("raise type('E' * 10**6, (Exception,), {})('x')"),
    "a hundred base classes": call(
        "c = Exception\nfor i in range(100): c = type('E' * 70, (c,), {})\nraise c('x')", "failed", "crashed"
    ),
    "a giant traceback": call(
        "exec('def f(n):\\n    if n: f(n - 1)\\n    raise ValueError' + chr(10) + 'f(900)')"
    ),
    "a giant docstring and name of a type": call("return type('T' * 10**6, (), {})()"),
    "a hundred thousand objects": one(
        "total", "return [object() for _ in range(200_000)]", "refused", "failed", "timed out"
    ),
    "filling /tmp": call(
        "for i in range(10**6):\n    with open(f'/tmp/fill-{i}', 'wb') as f: f.write(b'x' * 10**6)", "failed"
    ),
    "a million files": call(
        "import os\nfor i in range(10**6): os.open(f'file-{i}', os.O_CREAT | os.O_WRONLY)"
    ),
    "every descriptor": call("import os\nx = []\nwhile True: x.append(os.dup(0))"),
    "pipes full of bytes": one(
        "total",
        "import os\nx = []\nwhile True:\n    x.append(os.pipe())\n    os.set_blocking(x[-1][1], False); os.write(x[-1][1], b'x' * 65536)",
    ),
    "a huge stack": call(
        "import threading; threading.stack_size(1 << 30); t = threading.Thread(target=print); t.start()"
    ),
    "a file of 400,000 lines": Attack(
        {"solution.py": "x = 0\n" * 400_000 + "def double(x): return x\n"},
        0,
        0,
        ("failed", "timed out", "not written", "out of memory"),
    ),
    "five hundred files that do not compile": Attack(
        {"solution.py": "raise ValueError('no')\n", **{f"m{i}.py": "(" * 500 for i in range(300)}},
        0,
        0,
        ("failed", "timed out"),
    ),
    "a frame that claims terabytes": call("forge(frame([], sizes=[1 << 40]))", "refused", before=SOCKET),
    "a frame whose sum of sizes overflows": call(
        "forge(frame([], sizes=[(1 << 64) - 1, 2]))", "refused", before=SOCKET
    ),
    "a header that claims 4 GiB": call("forge(frame(b'', n_head=(1 << 32) - 1))", "refused", before=SOCKET),
    "a million buffers": call("forge(struct.pack('<II', 10, 1 << 20))", "refused", before=SOCKET),
    "one buffer, copied a thousand times": one(
        "total",
        "s = grader_socket()\nblock = bytes(1 << 20)\ns.sendall(frame(['ok', [{'y': 0}] * 300_000, []], sizes=[300 << 20]))\n"
        "for _ in range(300): s.sendall(block)\nos._exit(0)",
        "refused",
        before=SOCKET,
    ),
    "one buffer, read as text a thousand times": one(
        "total",
        "s = grader_socket()\nblock = bytes(1 << 20)\nspec = {'a': ['<U4', [20 << 20], 'C', 0]}\n"
        "s.sendall(frame(['ok', [spec] * 50_000, []], sizes=[320 << 20]))\nfor _ in range(320): s.sendall(block)\nos._exit(0)",
        "refused",
        before=SOCKET,
    ),
    "a shape of a thousand huge ints": call(
        "forge(frame(b'[\"ok\", {\"a\": [\"<f8\", [' + b', '.join([b'9' * 4200] * 900) + b'], \"C\", 0]}, []]', b''))",
        "refused",
        before=SOCKET,
    ),
    "empty text of terabytes": call(
        "forge(frame(['ok', {'a': ['<U0', [1 << 40], 'C', 0]}, []], b''))", "refused", before=SOCKET
    ),
    "an array without entries, but wide": call(
        "forge(frame(['ok', {'a': ['<f8', [0, 1 << 50], 'C', 0]}, []], b''))",
        "failed",
        "refused",
        before=SOCKET,
    ),
    "a header of brackets": call("forge(frame(b'[' * (4 << 20)))", "refused", before=SOCKET),
    "a header of a million nodes": call(
        "forge(frame(['ok', [[]] * 1_000_000, []]))", "refused", before=SOCKET
    ),
}
