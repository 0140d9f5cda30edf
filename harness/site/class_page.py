"""The class page, the plain list of students beside it, and the data that its table is drawn from."""

import json
from collections.abc import Sequence
from typing import Any

import numpy as np
from jinja2 import Environment
from markupsafe import Markup

from harness import results
from harness.gradebook.records import Grade, RunRecord
from harness.site.charts import Histogram, Point, bins, histogram
from harness.site.class_facts import FULL, loses_late, share_of
from harness.site.class_view import ClassFacts, TestLine
from harness.site.inputs import ClassInput
from harness.site.item_statistics import LEAST_STUDENTS, Analysis, Item
from harness.site.pages import page_parts
from harness.site.student_page import display_name, page_of
from harness.text import one_line

# What the table can show alone, by the bit of a row's flags.
KINDS = {
    "refused": (1, "refused"),
    "error": (2, "without a score: grader errors"),
    "late": (4, "late, points off"),
    "pending": (8, "with marks to come"),
    "changed": (16, "with points set by hand"),
}
WIDE, NARROW = (560.0, 300.0), (340.0, 240.0)
WEAK = 0.2  # a discrimination below this tells little
GOOD = 0.3
EASY = 0.95
HARD = 0.2


def render_class(env: Environment, given: ClassInput, facts: ClassFacts) -> str:
    """index.html."""
    parts = bins(facts.totals, facts.maximum)
    charts: list[Histogram] = []
    if facts.totals:
        charts = [histogram(parts, facts.mean, facts.median, *size) for size in (WIDE, NARROW)]
    run = given.runs[-1] if given.runs else None
    return env.get_template("class.html.j2").render(
        **page_parts(["class.css"], ["class.js"]),
        given=given,
        facts=facts,
        run=run,
        run_facts=_run_facts(given, run),
        insecure=run is not None and "insecure" in run.tier.lower(),
        parts=parts,
        charts=charts,
        five=_five(facts.totals),
        points=[*_points(facts.tests)],
        slowest=max((q.high_cpu_s or 0.0 for q in facts.questions), default=0.0),
        most_tests=max((line.tests for line in facts.statuses), default=0),
        kinds=KINDS,
        students=[(page_of(given, i), display_name(g)) for i, g in enumerate(given.grades)],
        data=_data(given, facts),
        verdict=verdict,
        columns=_columns(given, facts),
    )


def render_list(env: Environment, given: ClassInput, facts: ClassFacts) -> str:
    """students.html: everybody in one table, without any script of its own."""
    return env.get_template("students.html.j2").render(
        **page_parts(["class.css"]),
        given=given,
        facts=facts,
        rows=[
            (page_of(given, i), display_name(g), one_line(g.student.id, 120), g, _levels(given, g))
            for i, g in enumerate(given.grades)
        ],
        columns=_columns(given, facts),
    )


def verdict(item: Item, analysis: Analysis) -> tuple[str, str]:
    """(tone, words) for an item: what a person should make of its figures; nothing where few students tell little."""
    if analysis.students < LEAST_STUDENTS:
        return "", ""
    if item.discrimination is not None and item.discrimination < 0 and not analysis.rough:
        return "bad", "check it: weaker students did better"
    if item.difficulty >= EASY:
        return "", "easy"
    if item.discrimination is None:
        return "", ""
    if item.discrimination < WEAK:
        return "warn", "tells little"
    if item.difficulty <= HARD:
        return "", "hard"
    if item.discrimination < GOOD:
        return "", "fair"
    return "good", "works well"


def _run_facts(given: ClassInput, run: RunRecord | None) -> list[tuple[str, str]]:
    pairs = [("Assignment", given.name)]
    if run is not None:
        at = run.finished_at or run.started_at
        when = at.strftime("%Y-%m-%d %H:%M %Z").strip()
        pairs += [
            ("Graded", when if run.finished_at else f"{when}, not finished"),
            ("Run", f"{run.id}: {run.graded:,} graded, {run.kept:,} kept"),
            ("Seed", str(run.seed)),
            ("Sandbox tier", run.tier),
            ("Engine", run.engine),
        ]
    return [(label, one_line(text, 200)) for label, text in pairs if text]


def _columns(given: ClassInput, facts: ClassFacts) -> dict[str, Any]:
    """Columns that only some classes need."""
    return {
        "late": any(g.late is not None for g in given.grades),
        "attempts": any(len(g.attempts) > 1 for g in given.grades),
        "id": any(one_line(g.student.id, 120) != display_name(g) for g in given.grades),
    }


def _five(totals: Sequence[float]) -> list[tuple[str, float]]:
    labels = ("lowest", "lower quarter", "median", "upper quarter", "highest")
    return (
        list(zip(labels, map(float, np.percentile(totals, (0, 25, 50, 75, 100))), strict=True))
        if totals
        else []
    )


def _points(tests: Sequence[TestLine]) -> list[Point]:
    made = []
    for line in tests:
        if line.item is None or line.item.discrimination is None:
            continue
        p, d = line.item.difficulty, line.item.discrimination
        shape = "cross" if d < 0 else "ring" if d < WEAK else "dot"
        colour = {"cross": "red", "ring": "amber", "dot": "blue"}[shape]
        label = f"{one_line(line.facts.title, 120)} ({line.facts.question}): difficulty {p:.2f}, discrimination {d:.2f}"
        made.append(Point(p, d, label, colour, shape))
    return made


def _data(given: ClassInput, facts: ClassFacts) -> Markup:
    """The table as JSON for a `<script type="application/json">`: no character of it can end the element."""
    rows = [
        [
            given.files[i],
            display_name(g),
            one_line(g.student.id, 120),
            _rounded(g.total),
            _rounded(g.score),
            _rounded(g.late.deduction) if g.late else None,
            _flags(g),
            g.status,
            max(len(g.attempts), 1),
            [_rounded(g.questions[q.id][0]) if q.id in g.questions else None for q in given.questions],
            _levels(given, g),
        ]
        for i, g in enumerate(given.grades)
    ]
    data = {
        "rows": rows,
        "questions": [[q.id, q.title] for q in facts.questions],
        "columns": _columns(given, facts),
        "statuses": [s for s in results.SUBMISSION_STATUSES],
    }
    text = json.dumps(data, ensure_ascii=True, allow_nan=False, separators=(",", ":"))
    for odd in "<>&":
        text = text.replace(odd, f"\\u{ord(odd):04x}")
    return Markup(text)  # noqa: S704  # ASCII, without the three characters that markup is made of


def _rounded(value: float | None) -> float | int | None:
    if value is None:
        return None
    whole = round(value, 2)
    return int(whole) if whole == int(whole) else whole


def _flags(grade: Grade) -> int:
    return (
        KINDS["refused"][0] * (grade.status == results.REFUSED)
        | KINDS["error"][0] * (grade.status == results.GRADER_ERROR)
        | KINDS["late"][0] * loses_late(grade)
        | KINDS["pending"][0] * (grade.pending_points > 0)
        | KINDS["changed"][0] * bool(grade.overrides)
    )


def _levels(given: ClassInput, grade: Grade) -> str:
    """A character a question: 4 for all of its points, 3 to 1 for some, 0 for none, - where there are none to get."""
    out = ""
    for question in given.questions:
        share = share_of(*grade.questions[question.id]) if question.id in grade.questions else None
        if share is None:
            out += "-"
        elif share >= FULL:
            out += "4"
        else:
            out += "0" if share <= 0 else str(1 + min(2, int(share * 3)))
    return out
