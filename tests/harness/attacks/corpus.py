"""What a hostile submission is, and the honest code that stands around the hostile part."""

import textwrap
from dataclasses import dataclass

HONEST = """
import numpy as np


def double(x):
    return 2 * np.asarray(x)


def total(x):
    return np.sum(x)


def apply(f, x):
    return f(x)


def centre(x):
    return x - np.mean(x, axis=0)
"""

# Where the socket to the grader is, and raw frames on it.
SOCKET = """
import gc, json, os, socket, stat, struct, sys
import numpy as np

kept = []


def grader_socket():
    fd = next(n for n in range(3, 64) if is_socket(n))
    kept.append(socket.socket(socket.AF_UNIX, socket.SOCK_STREAM, 0, fileno=fd))  # told all, it asks nothing that is denied
    kept[-1].setblocking(True)
    return kept[-1]


def is_socket(n):
    try:
        return stat.S_ISSOCK(os.fstat(n).st_mode)
    except OSError:
        return False


def frame(head, *buffers, sizes=None, n_head=None):
    head = head if isinstance(head, bytes) else json.dumps(head).encode()
    sizes = [len(b) for b in buffers] if sizes is None else sizes
    first = struct.pack("<II", len(head) if n_head is None else n_head, len(sizes))
    return first + struct.pack(f"<{len(sizes)}Q", *sizes) + head + b"".join(buffers)


def forge(data):
    grader_socket().sendall(data)
    os._exit(0)
"""


@dataclass(frozen=True)
class Attack:
    """A hostile submission.

    Attributes:
        files: Name to source. `@CANARY@`, `@PORT@`, `@UDP@`, `@NAME@`, `@MARK@`, `@ROOT@` and `@PID@` are replaced
            by a secret file, the ports and abstract name of listeners, a path to write, the assignment's root, and
            the pid of the grader.
        q1, q2: What it may earn.
        status: Words of which one stands beside each test that it does not pass.
        submission: The word beside the submission as a whole.
    """

    files: dict[str, str | bytes]
    q1: float = 0.0
    q2: float = 5.0
    status: tuple[str, ...] = ("failed",)
    submission: str = "graded"


def call(body: str, *status: str, before: str = "", q1: float = 0.0, q2: float = 5.0) -> Attack:
    """The body runs in each call of a function of q1."""
    source = (
        HONEST
        + before
        + "\n\ndef attack(*args):\n"
        + textwrap.indent(textwrap.dedent(body).strip(), "    ")
        + "\n\n\ndouble = total = apply = attack\n"
    )
    return Attack({"solution.py": source}, q1, q2, status or ("failed",))


def one(name: str, body: str, *status: str, before: str = "", q1: float = 4.0) -> Attack:
    """The body runs in one function only: for attacks that cost time."""
    source = (
        HONEST
        + before
        + f"\n\ndef {name}(*args):\n"
        + textwrap.indent(textwrap.dedent(body).strip(), "    ")
        + "\n"
    )
    return Attack({"solution.py": source}, q1, 5.0, status or ("failed",))


def loading(body: str, *status: str, q1: float = 0.0, q2: float = 0.0) -> Attack:
    """The body runs at import, before honest code."""
    return Attack({"solution.py": textwrap.dedent(body) + HONEST}, q1, q2, status or ("failed",))


def breach(body: str, *status: str, before: str = "") -> Attack:
    """Earns q1 if, and only if, the body of `breached` returns True: the attack has worked."""
    source = (
        HONEST
        + before
        + "\n\ndef breached():\n"
        + textwrap.indent(textwrap.dedent(body).strip(), "    ")
        + """


def only_then(honest):
    def function(*args):
        if breached() is not True:
            raise RuntimeError("no breach")
        return honest(*args)
    return function


double, total, apply = only_then(double), only_then(total), only_then(apply)
"""
    )
    return Attack({"solution.py": source}, 0.0, 5.0, status or ("failed",))


FIVE = """

def double(x):
    return {(3,): attack_0, (2, 3): attack_1}.get(np.shape(x), attack_2)(x)


total, apply = attack_3, attack_4
"""
BREACH_FIVE = """

def attack_{0}(*args):
    if breached_{0}() is not True:
        raise RuntimeError("no breach")
    return args[0](args[1]) if callable(args[0]) else np.sum(args[0]) if {0} == 3 else 2 * np.asarray(args[0])
"""


def fives(bodies: dict[str, str], *status: str, before: str = "") -> dict[str, Attack]:
    """Five bodies a submission, one for each test of q1, which calls a fresh worker."""
    attacks, names = {}, list(bodies)
    for chunk in (names[i : i + 5] for i in range(0, len(names), 5)):
        source = HONEST + before
        for number in range(5):
            body = bodies[chunk[number % len(chunk)]]
            source += (
                f"\n\ndef attack_{number}(*args):\n"
                + textwrap.indent(textwrap.dedent(body).strip(), "    ")
                + "\n"
            )
        attacks[" | ".join(chunk)] = Attack({"solution.py": source + FIVE}, 0.0, 5.0, status or ("failed",))
    return attacks


def breaches(bodies: dict[str, str], *status: str, before: str = "") -> dict[str, Attack]:
    """Five breaches a submission, each of which earns a point of q1 if it works."""
    attacks, names = {}, list(bodies)
    for chunk in (names[i : i + 5] for i in range(0, len(names), 5)):
        source = HONEST + before
        for number in range(5):
            body = bodies[chunk[number % len(chunk)]]
            source += (
                f"\n\ndef breached_{number}():\n"
                + textwrap.indent(textwrap.dedent(body).strip(), "    ")
                + "\n"
            )
            source += BREACH_FIVE.format(number)
        attacks[" | ".join(chunk)] = Attack({"solution.py": source + FIVE}, 0.0, 5.0, status or ("failed",))
    return attacks


def with_files(**files: str | bytes) -> dict[str, str | bytes]:
    """An honest submission with other files beside it; `__` in a keyword stands for a dot."""
    return {
        "solution.py": HONEST,
        **{name.replace("__dot__", "."): content for name, content in files.items()},
    }
