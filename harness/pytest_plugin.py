"""The pytest plugin: markers for points, the fixtures of graded tests, and a record of each test's outcome.

It leaves tests that belong to no assignment alone.
"""

import time
from pathlib import Path
from typing import Any

import pytest

from harness import assignment as assignments
from harness.assignment import Assignment
from harness.errors import BackmarkError, NotRun, UsageError
from harness.isolation.limits import Limits
from harness.isolation.submission import Submission
from harness.outcome import record
from harness.reference import Reference, reference_of
from harness.results import PASSED
from harness.rubric import GradedTest, check_points
from harness.run import Run, derived_seed

RUN = pytest.StashKey[Run]()
GRADED = pytest.StashKey[GradedTest]()
SUBMISSION = pytest.StashKey[Submission]()
STARTED = pytest.StashKey[float]()

MARKERS = (
    "question(id): the question of the manifest that a test counts for",
    "points(n, follows=(), provided=()): what a test is worth; a failure that also fails a test named in `follows` "
    "is not charged again, provided that a test named in `provided` passes",
    "title(text): what the report calls a test, where that is not the first line of its docstring",
    "limits(time_s=None, memory_mib=None): CPU time and memory of a test, where the manifest's do not fit",
)


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("backmark")
    group.addoption("--submission", help="the folder to test (default: student/<assignment>)")
    group.addoption("--seed", type=int, default=0, help="what fresh inputs are drawn from (default: 0)")


def pytest_configure(config: pytest.Config) -> None:
    for marker in MARKERS:
        config.addinivalue_line("markers", marker)


def assignment_of(path: Path) -> Assignment | None:
    """The assignment whose tests lie at a path."""
    for folder in path.parents:
        if (folder / assignments.MANIFEST).exists():
            return assignments.load(folder.name, folder.parent.parent)
    return None


def graded_test(item: pytest.Item, assignment: Assignment) -> GradedTest:
    """Read the markers of a collected test.

    Raises:
        UsageError: If it lacks points, a question or a docstring: a lost test must not change a grade in silence.
    """
    points, question = item.get_closest_marker("points"), item.get_closest_marker("question")
    name = f"{item.path.relative_to(assignment.tests).as_posix()}::{item.name}"
    named = item.get_closest_marker("title")
    title = str(named.args[0]) if named else (getattr(item.obj, "__doc__", "") or "").strip().split("\n")[0]  # type: ignore[attr-defined]
    for missing, what in (
        (points, "@pytest.mark.points(n)"),
        (question, "@pytest.mark.question(id)"),
        (title, "a docstring"),
    ):
        if not missing:
            raise UsageError(f"{name} has no {what}.")
    assert points and question
    return GradedTest(
        name,
        str(question.args[0]),
        title,
        assignment.hidden in item.path.parents,
        float(points.args[0]),
        tuple(points.kwargs.get("follows", ())),
        tuple(points.kwargs.get("provided", ())),
    )


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    by_assignment: dict[str, tuple[Assignment, list[pytest.Item]]] = {}
    for item in items:
        if assignment := assignment_of(item.path):
            by_assignment.setdefault(assignment.name, (assignment, []))[1].append(item)
    try:
        for assignment, ours in by_assignment.values():
            _prepare(config, assignment, ours, items)
    except UsageError as e:
        raise pytest.UsageError(str(e)) from None


def _prepare(
    config: pytest.Config, assignment: Assignment, ours: list[pytest.Item], items: list[pytest.Item]
) -> None:
    assignment.given_sources()  # one that is missing is told before anything is graded
    for item in ours:
        item.stash[GRADED] = graded_test(item, assignment)
    tests = [item.stash[GRADED] for item in ours]
    whole = any(Path(arg).resolve() == assignment.tests for arg in config.args)
    if whole:
        check_points(assignment, tests, with_hidden=any(t.hidden for t in tests))
    order = [q.id for q in assignment.questions]
    ours.sort(key=lambda i: (order.index(i.stash[GRADED].question), i.stash[GRADED].hidden))
    items[:] = [i for i in items if GRADED not in i.stash or i not in ours] + ours
    if RUN not in config.stash:
        folder = Path(config.getoption("--submission") or assignment.student)
        config.stash[RUN] = in_process_run(assignment, folder, config.getoption("--seed"))
    run = config.stash[RUN]
    if run.only:
        config.hook.pytest_deselected(items=[i for i in ours if i.stash[GRADED].question != run.only])
        items[:] = [i for i in items if GRADED not in i.stash or i.stash[GRADED].question == run.only]


def in_process_run(assignment: Assignment, folder: Path, seed: int) -> Run:
    """A run over a submission in this very interpreter.

    Raises:
        UsageError: If `folder` is none, or a given file of the assignment is missing.
    """
    from harness.isolation.inprocess import InProcess

    if folder.suffix.lower() == ".ipynb":
        raise UsageError(
            f"{folder}: a notebook can be handed in, but tested here only as files: copy its classes and functions "
            f"into {', '.join(assignment.required)}, and name their folder."
        )
    if not folder.is_dir():
        raise UsageError(f"{folder}: there is no such folder; --submission names the folder with your files.")
    overlay = assignment.given_sources()
    return Run(
        assignment,
        seed,
        lambda _limits, worker_seed: InProcess(
            folder, worker_seed, given=assignment.given, probes=assignment.probes, overlay=overlay
        ),
    )


def pytest_runtest_setup(item: pytest.Item) -> None:
    if GRADED in item.stash:
        item.stash[STARTED] = time.perf_counter()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo) -> Any:
    report = yield
    if GRADED in item.stash and RUN in item.config.stash:
        graded, run = item.stash[GRADED], item.config.stash[RUN]
        record(
            run,
            graded,
            call,
            item.stash.get(SUBMISSION, None),
            item.stash.get(STARTED, 0.0),
            report.capstdout,
        )
    return report


@pytest.fixture
def run(request: pytest.FixtureRequest) -> Run:
    """What this test run knows: the assignment, the seed, and places for pictures and leaderboard figures."""
    return request.config.stash[RUN]


@pytest.fixture
def submission(request: pytest.FixtureRequest, run: Run) -> Any:
    """The submission under test, in a fresh state: `submission.hw2.relu_activation(s)`."""
    graded = request.node.stash[GRADED]
    marker = request.node.get_closest_marker("limits")
    given = run.assignment.limits
    limits = (
        Limits(*(marker.kwargs.get(k, getattr(given, k)) for k in ("time_s", "memory_mib")))
        if marker
        else given
    )
    ours = Submission(
        lambda: run.start(limits, derived_seed(run.seed, graded.id)),
        missing_prerequisite(run, graded.question),
        broken=run.broken,
        unusable=run.unusable,
        optional=run.assignment.optional,
    )
    request.node.stash[SUBMISSION] = ours
    yield ours
    ours.close()


def missing_prerequisite(run: Run, question: str) -> NotRun | None:
    """Why a question cannot be judged yet: nothing works of another that it builds on."""
    for other in run.assignment.question(question).prerequisites:
        results = [r for r in run.results if r.question == other]
        if results and not any(r.status == PASSED for r in results):
            title = run.assignment.question(other).title
            return NotRun(
                f"This builds on question {other} ({title}), of which nothing works yet: begin there."
            )
    return None


@pytest.fixture
def rng(request: pytest.FixtureRequest, run: Run) -> Any:
    """A generator for fresh inputs, drawn from the run's seed and this test's name."""
    return run.rng(request.node.stash[GRADED].id)


@pytest.fixture
def fixtures_folder(run: Run) -> Path:
    """The folder of the assignment's fixtures."""
    return run.assignment.fixtures


@pytest.fixture
def reference(request: pytest.FixtureRequest, run: Run) -> Reference:
    """The reference solution, for hidden tests only: `reference.hw2.relu_activation(s)`."""
    if not request.node.stash[GRADED].hidden:
        raise BackmarkError(f"{request.node.stash[GRADED].id} is public, and may not use the reference")
    return reference_of(run.assignment.reference)
