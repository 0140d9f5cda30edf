"""What the class page says of a class: its figures, its questions and tests, its hints, each from plain arrays."""

import base64
from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

from harness import results
from harness.gradebook.records import Grade
from harness.site.class_view import ClassFacts, Group, HintLine, QuestionFacts, StatusLine, TestLine
from harness.site.inputs import ClassInput
from harness.site.item_statistics import NEGLIGIBLE, Analysis, Item, analyse
from harness.site.rows import ABSENT, PASSED, Table
from harness.text import one_line

HARDEST = 12
HINTS = 12
SAMPLE = 8  # students who are named beside a test or a hint; the table shows the others
FULL = 1 - 1e-9


def facts_of(given: ClassInput, table: Table) -> ClassFacts:
    """The figures of a class."""
    grades = given.grades
    graded = np.array([g.status == results.GRADED and g.score is not None for g in grades], dtype=bool)
    ran = graded & (table.statuses != ABSENT).any(axis=1)
    totals = [g.total for g in grades if g.total is not None]
    by_question, items = _question_items(given, graded)
    by_test, test_items = _test_items(table, ran)
    tests = tuple(_test_line(table, place, ran, test_items.get(place)) for place in range(len(table.tests)))
    cpu_s = table.cpu_s[ran].sum(axis=1)
    hints = sorted(table.hints.items(), key=lambda entry: (-len(entry[1]), entry[0]))
    return ClassFacts(
        students=len(grades),
        totals=tuple(totals),
        maximum=max((g.max_score for g in grades), default=0.0),
        mean=float(np.mean(totals)) if totals else None,
        median=float(np.median(totals)) if totals else None,
        spread=float(np.std(totals, ddof=1)) if len(totals) > 1 else None,
        counts=_counts(grades),
        questions=tuple(_question(given, table, q, graded, ran, items.get(q.id)) for q in given.questions),
        tests=tests,
        hardest=tuple(
            sorted((t for t in tests if t.passed < 1), key=lambda t: (t.passed, t.facts.id))[:HARDEST]
        ),
        statuses=tuple(_statuses(table)),
        hints=tuple(
            HintLine(one_line(question), hint, len(who) / len(grades), _group(who, len(grades)))
            for (question, hint), who in hints[:HINTS]
        ),
        cpu_s=float(np.median(cpu_s)) if cpu_s.size else None,
        by_question=by_question,
        by_test=by_test,
        unread=tuple(table.unread),
    )


def share_of(points: float, maximum: float) -> float | None:
    """The share of a maximum within 0 and 1; None where there is nothing to be had."""
    return min(max(points / maximum, 0.0), 1.0) if maximum > 0 else None


def loses_late(grade: Grade) -> bool:
    """Whether being late costs points; within the grace, and where nothing was scored, it costs none."""
    return grade.late is not None and grade.late.deduction > 0


def _counts(grades: Sequence[Grade]) -> dict[str, int]:
    return {
        "refused": sum(g.status == results.REFUSED for g in grades),
        "error": sum(g.status == results.GRADER_ERROR for g in grades),
        "late": sum(loses_late(g) for g in grades),
        "pending": sum(g.pending_points > 0 for g in grades),
        "changed": sum(bool(g.overrides) for g in grades),
    }


def _question(
    given: ClassInput,
    table: Table,
    question: object,
    graded: NDArray[np.bool_],
    ran: NDArray[np.bool_],
    item: Item | None,
) -> QuestionFacts:
    name = str(getattr(question, "id", ""))
    pairs = [
        g.questions[name] for g, ok in zip(given.grades, graded, strict=True) if ok and name in g.questions
    ]
    shares = np.array([s for s in (share_of(*pair) for pair in pairs) if s is not None])
    columns = [i for i, test in enumerate(table.tests) if test.question == name]
    cpu_s = table.cpu_s[ran][:, columns].sum(axis=1) if columns else np.zeros(0)
    n = len(shares) or 1
    known = any(name in g.questions for g in given.grades)
    full, none = float((shares >= FULL).sum() / n), float((shares <= 1 - FULL).sum() / n)
    return QuestionFacts(
        id=one_line(name),
        title=one_line(str(getattr(question, "title", ""))),
        bonus=bool(getattr(question, "bonus", False)),
        maximum=max((pair[1] for pair in pairs), default=0.0),
        students=len(shares),
        mean=float(shares.mean()) if len(shares) else 0.0,
        full=full,
        some=max(0.0, 1 - full - none) if len(shares) else 0.0,
        none=none,
        median_cpu_s=float(np.median(cpu_s)) if cpu_s.size else None,
        high_cpu_s=float(np.percentile(cpu_s, 90)) if cpu_s.size else None,
        item=item,
        asked=known or not given.grades,
    )


def _question_items(given: ClassInput, graded: NDArray[np.bool_]) -> tuple[Analysis | None, dict[str, Item]]:
    """Item statistics of the questions that give points to everybody who has them."""
    chosen = [g for g, ok in zip(given.grades, graded, strict=True) if ok]
    maxima = {
        q.id: max((g.questions.get(q.id, (0, 0))[1] for g in chosen), default=0.0) for q in given.questions
    }
    names = [q.id for q in given.questions if not q.bonus and maxima[q.id] > 0]
    complete = [g for g in chosen if all(name in g.questions for name in names)]
    if not names or not complete:
        return None, {}
    points = np.array([[g.questions[name][0] for name in names] for g in complete], dtype=np.float64)
    analysis = analyse(points, np.array([maxima[name] for name in names]))
    return analysis, dict(zip(names, analysis.items, strict=True))


def _test_items(table: Table, ran: NDArray[np.bool_]) -> tuple[Analysis | None, dict[int, Item]]:
    """Item statistics of the tests that most students have, from the students who have all of those."""
    points = table.points[ran].astype(np.float64)
    if not points.size:
        return None, {}
    present = ~np.isnan(points)
    maxima = np.array([test.max_points for test in table.tests])
    columns = np.flatnonzero((maxima > NEGLIGIBLE) & (present.mean(axis=0) >= 0.5))
    complete = points[present[:, columns].all(axis=1)][:, columns]
    if not columns.size or not len(complete):
        return None, {}
    analysis = analyse(complete, maxima[columns])
    return analysis, dict(zip(columns.tolist(), analysis.items, strict=True))


def _test_line(table: Table, place: int, ran: NDArray[np.bool_], item: Item | None) -> TestLine:
    statuses = table.statuses[:, place]
    there = ran & (statuses != ABSENT)
    passed = there & (statuses == PASSED)
    count = int(there.sum())
    missed = np.flatnonzero(there & ~passed)
    return TestLine(
        table.tests[place],
        place + 1,
        count,
        float(passed.sum() / count) if count else 1.0,
        item,
        _group(missed.tolist(), len(statuses)),
    )


def _statuses(table: Table) -> Iterable[StatusLine]:
    present = int((table.statuses != ABSENT).sum()) or 1
    for code, status in enumerate(results.TEST_STATUSES):
        hit = table.statuses == code
        tests = int(hit.sum())
        if tests and status != results.PASSED:
            who = np.flatnonzero(hit.any(axis=1)).tolist()
            yield StatusLine(status, tests, tests / present, _group(who, len(table.statuses)))


def _group(who: Sequence[int], students: int) -> Group:
    """Student i is bit i % 8 of byte i // 8."""
    bits = np.zeros(students, dtype=np.uint8)
    bits[list(who)] = 1
    packed = np.packbits(bits, bitorder="little").tobytes()
    return Group(len(who), base64.b64encode(packed).decode(), tuple(who[:SAMPLE]))
