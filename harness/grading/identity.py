"""Hashes of an assignment by question: what a question's points depend on. Where one stays, its results stand."""

import ast
import hashlib
import json
import platform
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from importlib import metadata
from pathlib import Path

from harness.assignment import Assignment, Question
from harness.errors import UsageError

HARNESS = Path(__file__).resolve().parents[1]
# What comes before or after grading: none of it can change a point.
NO_PART = {
    "appendix.py",
    "appendix_formats.py",
    "class_sheets.py",
    "cli.py",
    "doctor.py",
    "fixture_files.py",
    "input_files.py",
    "late",
    "late_policy.py",
    "release.py",
    "roster.py",
    "roster_sheet.py",
    "solution_regions.py",
    "stub_notebooks.py",
    "stubs.py",
    "student_test.py",
    "times.py",
    "engines",
    "exports",
    "gradebook",
    "report",
    "similarity",
    "site",
    "grading/class_list.py",
    "grading/class_run.py",
    "grading/class_work.py",
    "grading/command.py",
    "grading/options.py",
    "grading/remarks.py",
    "intake/sources",
}
_UNCLEAR = "?"  # no id of a question that anybody would choose
_NUMERICAL = ("numpy", "scipy", "pandas", "matplotlib", "pytest")


@dataclass(frozen=True)
class Identity:
    """What an assignment is, as hashes.

    Attributes:
        sha256: Of the whole.
        questions: By question, in the manifest's order: of its tests and of all that they build on.
    """

    sha256: str
    questions: dict[str, str]


def identity(assignment: Assignment) -> Identity:
    """The hashes of an assignment.

    A question's hash covers its own tests, what its test modules hold beside tests, and what all questions share:
    probes, judging, hidden helpers, reference, given files, fixtures, limits, the machinery, and the versions of the
    packages that compute. A change in one test function is a change in its question alone.

    Raises:
        UsageError: If a test module is not Python.
    """
    shared = _digest([*_shared(assignment), *_machinery()])
    pieces: dict[str, list[bytes]] = {q.id: [shared, _declared(q)] for q in assignment.questions}
    for path in test_modules(assignment):
        label = path.relative_to(assignment.tests).as_posix().encode()
        rest, by_question = _parts(path)
        concerned = list(pieces) if by_question is None else [q for q in by_question if q in pieces]
        for question in concerned:
            pieces[question] += [label, rest, *(by_question or {}).get(question, [])]
    questions = {q: _digest(parts).hex() for q, parts in pieces.items()}
    titles = [q.title for q in assignment.questions]
    whole = [
        assignment.name,
        assignment.title,
        str(assignment.points),
        *questions,
        *titles,
        *questions.values(),
    ]
    return Identity(_digest(piece.encode() for piece in whole).hex(), questions)


def test_modules(assignment: Assignment) -> list[Path]:
    """The assignment's test modules, public and hidden, in a fixed order."""
    return sorted([*assignment.tests.glob("test_*.py"), *assignment.hidden.rglob("test_*.py")])


def bundled_files(assignment: Assignment) -> list[Path]:
    """All files that grading an assignment needs, without the machinery: sorted, below the checkout."""
    tests = [p for p in assignment.tests.rglob("*") if p.name != "make_fixtures.py"]
    kept = {assignment.fixtures / name for name in ("submissions", "variants")}
    fixtures = [
        p
        for p in assignment.fixtures.rglob("*")
        if not kept & {*p.parents} and p.name != "expected_points.toml" and p.suffix != ".md"
    ]
    student = [
        p for p in assignment.student.rglob("*") if p.suffix != ".md"
    ]  # some tests read their data there
    reference = assignment.reference.rglob("*")
    return sorted(
        {p for p in (*tests, *fixtures, *student, *reference) if p.is_file() and "__pycache__" not in p.parts}
    )


def _declared(question: Question) -> bytes:
    points = [question.points, question.public, question.bonus]
    by_hand = [[item.id, item.title, item.points] for item in question.by_hand]
    return json.dumps([question.id, points, question.prerequisites, by_hand]).encode()


def _shared(assignment: Assignment) -> Iterator[bytes]:
    modules = {*test_modules(assignment), assignment.tests / "assignment.toml"}
    for path in bundled_files(assignment):
        if path not in modules:
            yield path.relative_to(assignment.root).as_posix().encode()
            yield path.read_bytes()
    a = assignment
    settings = [a.required, a.optional, a.given_files, a.packages, a.preload]
    yield json.dumps([settings, a.limits.time_s, a.limits.memory_mib]).encode()


@lru_cache(maxsize=1)
def _machinery() -> tuple[bytes, ...]:
    modules = sorted(p for p in HARNESS.rglob("*.py") if machinery_counts(p.relative_to(HARNESS)))
    versions = [f"{name} {metadata.version(name)}" for name in _NUMERICAL]
    python = ".".join(platform.python_version_tuple()[:2])
    return (_digest(p.read_bytes() for p in modules), *(v.encode() for v in [python, *versions]))


def machinery_counts(path: Path) -> bool:
    """Whether a module, by its name below harness/, can change a point."""
    return not (NO_PART & {path.as_posix(), *(p.as_posix() for p in path.parents)})


def machinery_sha256() -> str:
    """Of the code that grades and of the versions that it computes with: equal on machines that agree."""
    return _digest(_machinery()).hex()


def _digest(pieces: Iterable[bytes]) -> bytes:
    digest = hashlib.sha256()
    for piece in pieces:
        digest.update(len(piece).to_bytes(8, "big") + piece)  # lengths, or two pieces could run together
    return digest.digest()


def _parts(path: Path) -> tuple[bytes, dict[str, list[bytes]] | None]:
    """What a test module holds beside tests, and the tests of each question.

    The tests are None where the question of one cannot be read off its decorators: then the module concerns all.
    """
    try:
        tree = ast.parse(path.read_bytes())
    except (SyntaxError, ValueError) as e:
        raise UsageError(f"{path} is not Python ({e}): mend it") from None
    named = {
        target.id: node.value
        for node in tree.body
        if isinstance(node, ast.Assign)
        for target in node.targets
        if isinstance(target, ast.Name)
    }
    rest: list[bytes] = []
    tests: dict[str, list[bytes]] | None = {}
    common = _question_of([named["pytestmark"]], named) if "pytestmark" in named else None
    for node in tree.body:
        text = ast.dump(node).encode()  # without comments, blanks and line numbers
        if not _is_test(node):
            rest.append(text)
            continue
        question = _UNCLEAR
        if isinstance(node, ast.FunctionDef) and not _has_marked_parameters(node):
            question = _question_of(node.decorator_list, named) or common or _UNCLEAR
        if question == _UNCLEAR:
            rest.append(text)
            tests = None
        elif tests is not None:
            tests.setdefault(question, []).append(text)
    if tests is None:
        rest = [ast.dump(node).encode() for node in tree.body]
    return _digest(rest), tests


def _is_test(node: ast.stmt) -> bool:
    if isinstance(node, ast.ClassDef):
        return node.name.startswith("Test")
    return isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name.startswith("test")


def _has_marked_parameters(node: ast.FunctionDef) -> bool:
    """Whether pytest.param may give some of a test's cases another question."""
    parts = (part for decorator in node.decorator_list for part in ast.walk(decorator))
    return any(isinstance(part, ast.Call) and any(k.arg == "marks" for k in part.keywords) for part in parts)


def _question_of(marks: Iterable[ast.expr], named: dict[str, ast.expr]) -> str | None:
    """The question that markers name; None where they name none, and _UNCLEAR where it is no plain text."""
    for mark in marks:
        mark = named.get(mark.id, mark) if isinstance(mark, ast.Name) else mark
        if isinstance(mark, ast.List | ast.Tuple):
            found = _question_of(mark.elts, {k: v for k, v in named.items() if v is not mark})
            if found:
                return found
        elif (
            isinstance(mark, ast.Call)
            and isinstance(mark.func, ast.Attribute)
            and mark.func.attr == "question"
        ):
            argument = mark.args[0] if len(mark.args) == 1 else None
            return str(argument.value) if isinstance(argument, ast.Constant) else _UNCLEAR
    return None
