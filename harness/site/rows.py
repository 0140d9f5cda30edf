"""What the class page keeps of each student: small rows, since 5,000 whole results would not fit in memory."""

from collections.abc import Iterable
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from harness import results
from harness.results import SubmissionResult

_CODES = {status: code for code, status in enumerate(results.TEST_STATUSES)}
PASSED = _CODES[results.PASSED]
ABSENT = 255


@dataclass(frozen=True)
class TestFacts:
    """What is the same of a test for everybody."""

    __test__ = False  # not a pytest class

    id: str
    question: str
    title: str
    visibility: str
    max_points: float


@dataclass(frozen=True)
class Row:
    """One student's results: parallel tuples, an entry a test.

    Attributes:
        index: The student's place in the class.
        hints: (question, hint) of what went wrong, each once; tests that were not charged again are left out.
    """

    index: int
    ids: tuple[str, ...] = ()
    points: tuple[float, ...] = ()
    statuses: tuple[int, ...] = ()
    cpu_s: tuple[float, ...] = ()
    hints: tuple[tuple[str, str], ...] = ()


@dataclass
class Batch:
    """Rows of some students, and what their tests are."""

    tests: dict[str, TestFacts] = field(default_factory=dict)
    rows: list[Row] = field(default_factory=list)
    unread: list[str] = field(default_factory=list)

    def add(self, index: int, result: SubmissionResult) -> None:
        """Keep what the class page needs of one result."""
        hints: dict[tuple[str, str], None] = {}
        for test in result.tests:
            if test.id not in self.tests:
                self.tests[test.id] = TestFacts(
                    test.id, test.question, test.title, test.visibility, test.max_points
                )
            if test.hint and test.charged_to is None and test.status not in (results.PASSED, results.NOT_RUN):
                hints[test.question, test.hint] = None
        tests = result.tests
        self.rows.append(
            Row(
                index,
                tuple(t.id for t in tests),
                tuple(float(t.points) for t in tests),
                tuple(_CODES.get(t.status, _CODES[results.FAILED]) for t in tests),
                tuple(float(t.cpu_s) for t in tests),
                tuple(hints),
            )
        )


@dataclass
class Table:
    """All tests of a class as arrays of shape (students, tests).

    Attributes:
        tests: The columns, in the order in which the most students' results have them.
        points: NaN where a student has no such test.
        statuses: Places in `results.TEST_STATUSES`, or `ABSENT`.
        cpu_s: 0 where there is none.
        hints: Places of the students by (question, hint).
    """

    tests: list[TestFacts]
    points: NDArray[np.float32]
    statuses: NDArray[np.uint8]
    cpu_s: NDArray[np.float32]
    hints: dict[tuple[str, str], list[int]]
    unread: list[str]


def gather(batches: Iterable[Batch], students: int) -> Table:
    """The table of a class from its batches, in whatever order they come."""
    facts: dict[str, TestFacts] = {}
    columns: dict[str, int] = {}
    points = np.full((students, 0), np.nan, dtype=np.float32)
    statuses = np.full((students, 0), ABSENT, dtype=np.uint8)
    cpu_s = np.zeros((students, 0), dtype=np.float32)
    hints: dict[tuple[str, str], list[int]] = {}
    unread: list[str] = []
    for batch in batches:
        new = [name for name in batch.tests if name not in columns]
        for name in new:
            facts[name] = batch.tests[name]
            columns[name] = len(columns)
        points = np.hstack([points, np.full((students, len(new)), np.nan, dtype=np.float32)])
        statuses = np.hstack([statuses, np.full((students, len(new)), ABSENT, dtype=np.uint8)])
        cpu_s = np.hstack([cpu_s, np.zeros((students, len(new)), dtype=np.float32)])
        unread += batch.unread
        for row in batch.rows:
            where = [columns[name] for name in row.ids]
            points[row.index, where] = row.points
            statuses[row.index, where] = row.statuses
            cpu_s[row.index, where] = row.cpu_s
            for hint in row.hints:
                hints.setdefault(hint, []).append(row.index)
    # Batches may come in any order; the site must not show which.
    names = sorted(columns, key=lambda name: (facts[name].question, name))
    order = [columns[name] for name in names]
    return Table(
        [facts[name] for name in names],
        points[:, order],
        statuses[:, order],
        cpu_s[:, order],
        {hint: sorted(hints[hint]) for hint in sorted(hints)},
        sorted(unread),
    )
