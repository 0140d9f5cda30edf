"""The pieces of a student's page: tests that did not pass, files of code, and the tests of a question."""

from dataclasses import dataclass, field
from functools import lru_cache

from markupsafe import Markup

from harness import results
from harness.report.text_report import name_of
from harness.results import TestResult
from harness.site.code_links import CodeFile, Place
from harness.text import clean

TONES = {
    results.PASSED: "good",
    results.NOT_WRITTEN: "calm",
    results.NOT_RUN: "calm",
    results.GRADER_ERROR: "warn",
}


@dataclass
class ShownTest:
    """A test that did not pass, as the page tells it.

    Attributes:
        anchor: The id of its element.
        excuse: The test that already took the points, None where this one is charged.
        excused: Whether it is charged elsewhere, even if that test is not on the page.
        open: Whether its details are unfolded at first.
    """

    test: TestResult
    anchor: str
    name: str
    lost: float
    tone: str
    open: bool
    excused: bool
    excuse: "ShownTest | None" = None
    places: list[Place] = field(default_factory=list)


@dataclass
class ShownFile:
    """A file of code.

    Attributes:
        lines: Safe markup, one a line.
        omitted: Lines that are left out at the end.
        notes: Which tests point to the function that begins at a line.
        marked: The lines of functions that a failing test points to.
    """

    file: CodeFile
    lines: list[str]
    omitted: int
    notes: dict[int, list[ShownTest]] = field(default_factory=dict)
    marked: set[int] = field(default_factory=set)

    def segments(self) -> list[tuple[list[ShownTest], Markup]]:
        """The code in pieces, each with the tests that are listed above it."""
        starts = sorted({1, *self.notes})
        ends = [start - 1 for start in starts[1:]] + [len(self.lines)]
        marked, anchor = self.marked, self.file.anchor
        pieces = []
        for start, end in zip(starts, ends, strict=True):
            # Joined here, not in the template: 400 lines a page are most of its cost. Ids and classes are ours.
            spans = [
                f'<span class="{"l m" if at in marked else "l"}" id="{anchor}-{at}">{self.lines[at - 1]}\n</span>'
                for at in range(start, end + 1)
            ]
            pieces.append((self.notes.get(start, []), Markup("".join(spans))))  # noqa: S704  # lines are safe
        return pieces


@dataclass(frozen=True)
class QuestionTests:
    """The tests of one question that passed, and those that did not."""

    id: str
    title: str
    failed: list[ShownTest]
    excused: list[ShownTest]
    passed: tuple[str, ...]

    @property
    def passed_items(self) -> Markup:
        """The names of those that passed, as list items."""
        return _items(self.passed)

    @property
    def count(self) -> int:
        """How many passed."""
        return len(self.passed)


@lru_cache(maxsize=4096)  # the tests are the same for the whole class
def shown_name(test: str, title: str, visibility: str) -> str:
    """A test in one line, as in report.txt."""
    return name_of(TestResult(test, "", title, visibility, "", 0.0, 0.0))


@lru_cache(maxsize=1024)
def _items(names: tuple[str, ...]) -> Markup:
    return Markup("").join(Markup("<li>{}</li>").format(clean(name, len(name))) for name in names)
