"""An assignment as its manifest declares it: `tests/<name>/assignment.toml`."""

import tomllib
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any

from harness.errors import UsageError
from harness.isolation.limits import Limits

if TYPE_CHECKING:
    from harness.late_policy import LatePolicy

ROOT = Path(__file__).resolve().parent.parent
MANIFEST = "assignment.toml"


@dataclass(frozen=True)
class HandItem:
    """A part of a question that a person marks."""

    id: str
    title: str
    points: float


@dataclass(frozen=True)
class Question:
    """A question: what it is worth, how much of that public tests decide, and what must work before it.

    Attributes:
        points: In all: public tests, hidden tests and marks by hand.
        public: The share that public tests decide.
        prerequisites: Questions of which at least one test must have passed before this one's tests run.
        bonus: Its points are not part of the assignment's total.
    """

    id: str
    title: str
    points: float
    public: float
    prerequisites: tuple[str, ...] = ()
    bonus: bool = False
    by_hand: tuple[HandItem, ...] = ()

    @property
    def automatic(self) -> float:
        """What tests decide, public and hidden."""
        return self.points - sum(item.points for item in self.by_hand)


@dataclass(frozen=True)
class Assignment:
    """A manifest, and where the assignment's files lie.

    Attributes:
        given_files: What students get and need not hand in, by its names below `student`.
        late: What being late costs, if the manifest says so.
    """

    name: str
    title: str
    handout: str
    required: tuple[str, ...]
    optional: tuple[str, ...]
    points: float
    packages: tuple[str, ...]
    preload: tuple[str, ...]
    limits: Limits
    questions: tuple[Question, ...]
    root: Path = field(default=ROOT, compare=False)
    given_files: tuple[str, ...] = ()
    late: "LatePolicy | None" = None

    @property
    def tests(self) -> Path:
        return self.root / "tests" / self.name

    @property
    def fixtures(self) -> Path:
        return self.root / "fixtures" / self.name

    @property
    def reference(self) -> Path:
        return self.root / "reference" / self.name

    @property
    def student(self) -> Path:
        return self.root / "student" / self.name

    @property
    def given(self) -> Path:
        """Stand-in modules, which win over a submission's own."""
        return self.tests / "given"

    @property
    def probes(self) -> Path:
        return self.tests / "probes.py"

    @property
    def hidden(self) -> Path:
        return self.tests / "hidden"

    def given_sources(self) -> dict[str, Path]:
        """The files that stand in for given ones that were not handed in, by their names.

        Raises:
            UsageError: If one of them is not in the students' folder.
        """
        return self._of_the_student("given", self.given_files)

    def stub_sources(self) -> dict[str, Path]:
        """The stubs of the modules that students write, required and optional, by their names.

        Raises:
            UsageError: If one of them is not in the students' folder.
        """
        modules = [f for f in (*self.required, *self.optional) if f.endswith(".py")]
        return self._of_the_student("required", modules)

    def _of_the_student(self, key: str, files: Iterable[str]) -> dict[str, Path]:
        sources = {name: self.student / name for name in files}
        for name, path in sources.items():
            if not path.is_file() or path.is_symlink():
                raise UsageError(
                    f"{self.tests / MANIFEST}: `{key}` names {name}, but {path} is no file: "
                    f"run grader.py stubs {self.name}, or correct the name"
                )
        return sources

    def question(self, question_id: str) -> Question:
        """The question of that id.

        Raises:
            UsageError: If there is none.
        """
        for question in self.questions:
            if question.id == question_id:
                return question
        known = ", ".join(q.id for q in self.questions)
        raise UsageError(f"{self.name} has no question {question_id!r}; it has {known}.")


def names(root: Path = ROOT) -> list[str]:
    """The assignments of a checkout, sorted."""
    return sorted(p.parent.name for p in (root / "tests").glob(f"*/{MANIFEST}"))


class _Table:
    """A table of the manifest that complains in one sentence: file, key, rule."""

    def __init__(self, data: dict[str, Any], path: Path, where: str = "") -> None:
        self.data, self.path, self.where, self.used = data, path, where, set[str]()

    def error(self, sentence: str) -> UsageError:
        return UsageError(f"{self.path}: {self.where}{sentence}")

    def get(self, key: str, kind: type | tuple[type, ...], default: Any = ...) -> Any:
        self.used.add(key)
        if key not in self.data:
            if default is ...:
                raise self.error(f"the key `{key}` is missing")
            return default
        value = self.data[key]
        kinds = kind if isinstance(kind, tuple) else (kind,)
        if not isinstance(value, kinds) or (isinstance(value, bool) and bool not in kinds):
            raise self.error(f"`{key}` must be a {' or '.join(k.__name__ for k in kinds)}, got {value!r}")
        return value

    def strings(self, key: str) -> tuple[str, ...]:
        value = self.get(key, list, [])
        if not all(isinstance(s, str) for s in value):
            raise self.error(f"`{key}` must be a list of strings, got {value!r}")
        return tuple(value)

    def points(self, key: str, default: Any = ...) -> float:
        value = float(self.get(key, (int, float), default))
        if not 0 <= value < 1e6:
            raise self.error(f"`{key}` must be a number of points, 0 or more, got {value:g}")
        return value

    def done(self) -> None:
        if unknown := sorted(set(self.data) - self.used):
            raise self.error(f"unknown key `{unknown[0]}`; known are {', '.join(sorted(self.used))}")


def _question(table: _Table) -> Question:
    items = []
    for entry in table.get("by_hand", list, []):
        item = _Table(entry, table.path, f"{table.where}by_hand: ")
        items.append(HandItem(item.get("id", str), item.get("title", str), item.points("points")))
        item.done()
    question = Question(
        table.get("id", str),
        table.get("title", str),
        table.points("points"),
        table.points("public"),
        table.strings("prerequisites"),
        table.get("bonus", bool, False),
        tuple(items),
    )
    table.done()
    if question.public > question.automatic:
        raise table.error(
            f"`public` is {question.public:g}, more than the {question.automatic:g} that tests decide"
        )
    return question


def _late(table: _Table) -> "LatePolicy | None":
    late = table.get("late", dict, None)
    if late is None:
        return None
    from harness.late_policy import LatePolicy  # of no use where there is no such table

    return LatePolicy.from_table(_Table(late, table.path, "late: "))


def load(name: str, root: Path = ROOT) -> Assignment:
    """Read and check a manifest.

    Raises:
        UsageError: For an unknown assignment, or a manifest that is malformed: one sentence with file and rule.
    """
    path = root / "tests" / name / MANIFEST
    if name not in names(root):
        known = ", ".join(names(root)) or "none"
        raise UsageError(
            f"there is no assignment {name!r}; there is {known} (a folder of {root / 'tests'} with {MANIFEST}). "
            "--root names another checkout."
        )
    try:
        data = tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as e:
        raise UsageError(f"{path}: not valid TOML: {e}.") from None
    table = _Table(data, path)
    if (version := table.get("schema", int)) != 1:
        raise table.error(f"`schema` is {version}; this version of Backmark reads 1")
    limits = _Table(table.get("limits", dict, {}), path, "limits: ")
    questions = [
        _question(_Table(entry, path, f"question {entry.get('id', number)}: "))
        for number, entry in enumerate(table.get("questions", list), start=1)
    ]
    assignment = Assignment(
        table.get("name", str),
        table.get("title", str),
        table.get("handout", str),
        table.strings("required"),
        table.strings("optional"),
        table.points("points"),
        table.strings("packages"),
        table.strings("preload"),
        Limits(limits.points("time_s", 2), int(limits.points("memory_mib", 1024))),
        tuple(questions),
        root,
        table.strings("given"),
        _late(table),
    )
    limits.done()
    table.done()
    _check(assignment, table)
    return assignment


def _check(assignment: Assignment, table: _Table) -> None:
    ids = [q.id for q in assignment.questions]
    if assignment.name != table.path.parent.name:
        raise table.error(f"`name` is {assignment.name!r}, its folder is {table.path.parent.name!r}")
    if not assignment.required:
        raise table.error("`required` names no file")
    _check_names(assignment, table)
    for number, question in enumerate(assignment.questions):
        if question.id in ids[:number]:
            raise table.error(f"question {question.id} is declared twice")
        for other in question.prerequisites:
            if other not in ids[:number]:
                raise table.error(
                    f"question {question.id}: its prerequisite {other!r} is no question before it"
                )
    total = sum(q.points for q in assignment.questions if not q.bonus)
    if total != assignment.points:
        raise table.error(f"`points` is {assignment.points:g}, the questions add up to {total:g}")


def _check_names(assignment: Assignment, table: _Table) -> None:
    seen: dict[str, str] = {}
    for key, files in (
        ("required", assignment.required),
        ("optional", assignment.optional),
        ("given", assignment.given_files),
    ):
        for name in files:
            parts = PurePosixPath(name).parts
            if not parts or name != "/".join(parts) or ".." in parts or "\\" in name or ":" in name:
                raise table.error(
                    f"`{key}` must hold plain names such as package/file.py, none with .., got {name!r}"
                )
            if name.casefold() in seen:
                raise table.error(f"{name} is named twice, in `{seen[name.casefold()]}` and in `{key}`")
            seen[name.casefold()] = key
