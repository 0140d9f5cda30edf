"""`grader.py release`: the zip that students get, and the proof that it holds no answers and works on its own."""

import io
import os
import re
import subprocess
import tempfile
import tokenize
import tomllib
import zipfile
from pathlib import Path
from typing import Any

from harness import stubs
from harness.answers import load_key
from harness.assignment import Assignment
from harness.errors import GraderFault, UsageError

# What `make test` needs of the harness: no grading, no sandbox, no reports for staff.
HARNESS = (
    "__init__.py",
    "answer_forms.py",
    "assignment.py",
    "data.py",
    "errors.py",
    "expect.py",
    "formula.py",
    "gradients.py",
    "hints.py",
    "late_policy.py",
    "outcome.py",
    "pytest_plugin.py",
    "reference.py",
    "results.py",
    "rubric.py",
    "run.py",
    "student_test.py",
    "text.py",
    "times.py",
    "isolation/__init__.py",
    "isolation/inprocess.py",
    "isolation/limits.py",
    "isolation/proxy.py",
    "isolation/submission.py",
    "isolation/untrusted/__init__.py",
    "isolation/untrusted/codec.py",
    "isolation/untrusted/determinism.py",
    "isolation/untrusted/operations.py",
    "isolation/untrusted/slopes.py",
    "isolation/untrusted/stand_ins/IPython/__init__.py",
    "isolation/untrusted/stand_ins/ipdb.py",
    "report/__init__.py",
    "report/text_report.py",
)
KEPT_BACK = ("hidden", "make_fixtures.py", "__pycache__")  # of tests/<name>
STAFF_FIXTURES = ("submissions", "variants", "expected_points.toml")  # of fixtures/<name>
STAFF_PREFIX = "staff_"  # of further fixtures that students do not get
SHORTEST_TELLING_LINE = 20  # characters: `return out` gives nothing away
SHORTEST_TELLING_FORMULA = 10
TEST_TIMEOUT_S = 1800

MAKEFILE = """\
# make test            your work so far
# make test Q=1.2b     one question
PYTHON ?= python3
PY := .venv/bin/python

.PHONY: test
test: .venv/.ready
\t@$(PY) -m harness.student_test {name} $(if $(Q),--only $(Q)) $(if $(STRICT),--strict) $(if $(PDB),--pdb)

.venv/.ready: requirements.txt
\t@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \\
\t {{ echo "Python 3.11 or newer is needed; name one: make PYTHON=python3.12 test"; exit 2; }}
\t@test -x $(PY) || $(PYTHON) -m venv .venv || \\
\t {{ rm -rf .venv; echo "No environment could be made. On Debian or Ubuntu: sudo apt-get install python3-venv"; exit 2; }}
\t@echo "Installing what requirements.txt names into .venv (once) ..."
\t@$(PY) -m pip install --quiet --disable-pip-version-check -r requirements.txt
\t@touch $@
"""

README = """\
# {title}

{handout}, {points:g} points.

Your files are in `student/{name}/`: {files}. Replace each line that raises `NotImplementedError` with your work,
and fill in `answers.toml` if there is one.

    make test            what works, what does not and why, what is not written yet
    make test Q={first}     one question only
    make test PDB=1      open the debugger where a test fails

`make` needs Python 3.11 or newer and, the first time, the network. Without `make` (on Windows, say):

    python -m venv .venv
    .venv/bin/python -m pip install -r requirements.txt      (Windows: .venv\\Scripts\\python)
    .venv/bin/python -m harness.student_test {name}

These are the public tests. They decide {public:g} of the {points:g} points; hidden tests, written answers and your
instructor decide the rest. `breakpoint()` and `print` in your code work as usual. Hand in the files in
`student/{name}/`, as a folder or a zip.
"""


def files_of(assignment: Assignment) -> dict[str, bytes]:
    """Everything that a release holds, by its path in the zip."""
    root, name = assignment.root, assignment.name
    out: dict[str, bytes] = {}

    def add(folder: Path, left_out: tuple[str, ...]) -> None:
        for path in sorted(folder.rglob("*")):
            inside = path.relative_to(folder)
            kept_back = set(inside.parts) & {*left_out, "__pycache__"} or path.name.startswith(STAFF_PREFIX)
            if path.is_file() and not kept_back:
                out[path.relative_to(root).as_posix()] = path.read_bytes()

    add(assignment.student, ())
    add(assignment.tests, KEPT_BACK)
    add(assignment.fixtures, STAFF_FIXTURES)
    source = Path(__file__).resolve().parent
    out |= {f"harness/{f}": (source / f).read_bytes() for f in HARNESS}
    public = sum(q.public for q in assignment.questions)
    texts = {
        "Makefile": MAKEFILE.format(name=name),
        "README.md": README.format(
            title=assignment.title,
            handout=assignment.handout,
            points=assignment.points,
            name=name,
            public=public,
            files=", ".join(f"`{f}`" for f in (*assignment.required, *assignment.optional)),
            first=assignment.questions[0].id,
        ),
        "requirements.txt": requirements(source.parent, assignment.packages),
    }
    return out | {path: text.encode() for path, text in texts.items()}


def requirements(root: Path, packages: tuple[str, ...] = ()) -> str:
    """The versions that a student's tests and code need, as the lock file pins them."""
    wanted = ("numpy", "pytest", "pytest-timeout", "rich", "matplotlib", *packages)
    lines = (root / "requirements.lock").read_text(encoding="utf-8").splitlines()
    pins = [line.rstrip(" \\") for line in lines if line.split("==")[0] in wanted]  # with their markers
    return "\n".join(dict.fromkeys(pins)) + "\n"


def leaks(assignment: Assignment, files: dict[str, bytes]) -> list[str]:
    """What must not be in a release but is: hidden tests, lines of the reference's solutions, hidden answers."""
    found = [
        f"{path}: a hidden or reference file"
        for path in files
        if {"hidden", "reference"} & set(Path(path).parts)
    ]
    tests = {p.read_bytes(): p.name for p in assignment.hidden.rglob("*.py")}
    found += [f"{path}: is the hidden test {tests[data]}" for path, data in files.items() if data in tests]
    secret, answers = solution_lines(assignment), hidden_values(assignment)
    for path, data in files.items():
        if path.startswith("harness/"):  # public, and written for all assignments
            continue
        lines = {line.strip() for line in data.decode("utf-8", "replace").splitlines()}
        found += [f"{path}: holds a line of the reference: {line}" for line in sorted(secret & lines)]
        found += [f"{path}: holds the hidden answer {v}" for v in sorted(answers) if v.encode() in data]
    return found


def hidden_values(assignment: Assignment) -> set[str]:
    """What tells hidden answers from chance: decimal numbers by their first digits, and formulas."""
    found: set[str] = set()
    for path in assignment.hidden.rglob("*.toml"):
        todo: list[Any] = [tomllib.loads(path.read_text(encoding="utf-8"))]
        while todo:
            table = todo.pop()
            todo += [v for v in table.values() if isinstance(v, dict)]
            told = [v for k, v in table.items() if k in ("value", "also")]
            found |= {n[:10] for n in re.findall(r"-?\d+\.\d{3,}", repr(told))}
    key = assignment.hidden / "answers.toml"
    formulas = [k for k in load_key(key) if k.kind == "formula"] if key.exists() else []
    texts = {text for k in formulas for text in (k.value, *k.also)}
    return found | {text for text in texts if len(text) >= SHORTEST_TELLING_FORMULA}


def solution_lines(assignment: Assignment) -> set[str]:
    """Telling lines that stand in the reference but not in the stub made of it."""
    out: set[str] = set()
    for path in assignment.reference.rglob("*"):
        if path.suffix not in stubs.HANDLERS or "__pycache__" in path.parts:
            continue
        stub = assignment.student / path.relative_to(assignment.reference)
        given = {line.strip() for line in stub.read_text(encoding="utf-8").splitlines()}
        ours = (line.strip() for line in path.read_text(encoding="utf-8").splitlines())
        out |= {line for line in ours if len(line) >= SHORTEST_TELLING_LINE and line not in given}
    return {line for line in out if not _only_comment(line)}


def _only_comment(line: str) -> bool:
    try:
        tokens = list(tokenize.generate_tokens(io.StringIO(line).readline))
    except (tokenize.TokenError, IndentationError):
        return False
    return all(
        t.type in (tokenize.COMMENT, tokenize.NL, tokenize.ENDMARKER, tokenize.NEWLINE) for t in tokens
    )


def works_on_its_own(archive: Path) -> str:
    """Unpack a release on what is as good as a bare machine, and run `make test` there.

    Returns:
        What it printed.

    Raises:
        GraderFault: If it does not end well.
    """
    with tempfile.TemporaryDirectory(prefix="backmark-release-") as folder:
        with zipfile.ZipFile(archive) as z:
            z.extractall(folder)
        (unpacked,) = Path(folder).iterdir()
        kept = (
            "PATH",
            "HOME",
            "LANG",
            "SSL_CERT_FILE",
            "PIP_CERT",
            "PIP_FIND_LINKS",
            "HTTPS_PROXY",
            "https_proxy",
        )
        environment = {k: v for k, v in os.environ.items() if k in kept}
        try:
            done = subprocess.run(
                ["make", "test"],
                cwd=unpacked,
                env=environment,
                capture_output=True,
                text=True,
                timeout=TEST_TIMEOUT_S,
                check=False,
            )
        except (OSError, subprocess.TimeoutExpired) as e:
            raise GraderFault(f"`make test` in the unpacked release could not be run: {e}") from None
        if done.returncode or "Public tests:" not in done.stdout:
            raise GraderFault(
                f"`make test` fails in the unpacked release:\n{done.stdout[-2000:]}\n{done.stderr[-2000:]}"
            )
        return done.stdout


def write_release(assignment: Assignment, folder: Path) -> Path:
    """Write and prove the zip of an assignment.

    Raises:
        UsageError: If the stubs have drifted, or if something would leak: the sentence names it.
        GraderFault: If its tests do not run from the unpacked zip.
    """
    if drift := stubs.check(assignment.reference, assignment.student):
        raise UsageError(drift[0])
    files = files_of(assignment)
    if found := leaks(assignment, files):
        raise UsageError(
            f"the release of {assignment.name} would give something away: {found[0]} ({len(found)} in all)."
        )
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{assignment.name}.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as z:
        for name, data in sorted(files.items()):
            entry = zipfile.ZipInfo(
                f"{assignment.name}/{name}", (2026, 1, 1, 0, 0, 0)
            )  # the same bytes every time
            entry.external_attr = 0o644 << 16
            z.writestr(entry, data, zipfile.ZIP_DEFLATED)
    works_on_its_own(path)
    return path
