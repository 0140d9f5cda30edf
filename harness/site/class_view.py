"""The pieces of the class page, as plain figures."""

from dataclasses import dataclass, field

from harness.site.item_statistics import Analysis, Item
from harness.site.rows import TestFacts


@dataclass(frozen=True)
class Group:
    """Some students of the class: all of them as bits for the table's filter, and the first few."""

    count: int
    bits: str
    first: tuple[int, ...]


@dataclass(frozen=True)
class QuestionFacts:
    """How a question went.

    Attributes:
        full, some, none: Shares of the students with all, some and none of its points.
        median_cpu_s, high_cpu_s: Median and 90th percentile over the students; None where nothing ran.
        item: None where there are no points to be had, or no student.
        asked: False where the class was graded without this question.
    """

    id: str
    title: str
    bonus: bool
    maximum: float
    students: int
    mean: float
    full: float
    some: float
    none: float
    median_cpu_s: float | None
    high_cpu_s: float | None
    item: Item | None = None
    asked: bool = True


@dataclass(frozen=True)
class TestLine:
    """How a test went; `place` is its number in the table of all tests."""

    __test__ = False  # not a pytest class

    facts: TestFacts
    place: int
    students: int
    passed: float
    item: Item | None
    missed: Group


@dataclass(frozen=True)
class StatusLine:
    """How often tests ended in one way."""

    status: str
    tests: int
    share: float
    students: Group


@dataclass(frozen=True)
class HintLine:
    """A hint and who got it."""

    question: str
    hint: str
    share: float
    students: Group


@dataclass(frozen=True)
class ClassFacts:
    """Everything on the class page but the table of students."""

    students: int
    totals: tuple[float, ...]
    maximum: float
    mean: float | None
    median: float | None
    spread: float | None
    counts: dict[str, int]
    questions: tuple[QuestionFacts, ...]
    tests: tuple[TestLine, ...]
    hardest: tuple[TestLine, ...]
    statuses: tuple[StatusLine, ...]
    hints: tuple[HintLine, ...]
    cpu_s: float | None
    by_question: Analysis | None
    by_test: Analysis | None
    unread: tuple[str, ...] = field(default=())
