"""A student's page: what counts and why, each test that did not pass, the plots, and the code it speaks of."""

from collections.abc import Iterable
from typing import Any
from urllib.parse import quote

from jinja2 import Environment
from markupsafe import escape

from harness import results
from harness.errors import UsageError
from harness.gradebook.records import Grade
from harness.report.text_report import insecure
from harness.results import SubmissionResult
from harness.site.code_links import CodeFile, places
from harness.site.code_view import coloured, definitions, readable
from harness.site.inputs import ClassInput, code_of, pictures_of
from harness.site.pages import page_parts
from harness.site.student_view import TONES, QuestionTests, ShownFile, ShownTest, shown_name
from harness.text import one_line


def render(
    env: Environment, given: ClassInput, index: int, result: SubmissionResult | None, problem: str
) -> str:
    """The page of one student.

    Args:
        index: The place in `given.grades`.
        result: None where it cannot be read; `problem` then says why.
    """
    grade = given.grades[index]
    code, omitted = _code(given, grade)
    tests = _shown(result, [shown.file for shown in code]) if result else []
    sections = _sections(given, result, tests) if result else []
    known = dict.fromkeys([*(q.id for q in given.questions), *(section.id for section in sections)])
    _link_back(code, tests)
    pictures = pictures_of(given.folder, result, grade.submission) if result else []
    return env.get_template("student.html.j2").render(
        **page_parts(["student.css"], ["student.js"]),
        given=given,
        grade=grade,
        name=display_name(grade),
        identity=_identity(grade),
        result=result,
        problem=problem,
        insecure=bool(result and insecure(result)),
        maximum=grade.max_score,
        questions=_questions(given, grade, tests),
        sections=sections,
        numbers={name: number for number, name in enumerate(known, start=1)},
        failed=sum(not t.excused for t in tests),
        excused=sum(t.excused for t in tests),
        plots=pictures,
        plots_folder=f"../plots/{quote(grade.submission)}",
        code=code,
        omitted_files=omitted,
        previous=_neighbour(given, index - 1),
        next=_neighbour(given, index + 1),
        members=[_member(given, member) for member in grade.members if member != grade.student.id],
        place=(index + 1, len(given.grades)),
    )


def display_name(grade: Grade) -> str:
    """What to call a student: the name, or else the id."""
    return one_line(grade.student.name, 120) or one_line(grade.student.id, 120) or "(no name)"


def page_of(given: ClassInput, index: int) -> str:
    """The address of a student's page below `students/`: a safe name of ours, percent-encoded."""
    return f"{quote(given.files[index])}.html"


def _identity(grade: Grade) -> list[tuple[str, str]]:
    student = grade.student
    pairs = [("Id", student.id if one_line(student.id, 120) != display_name(grade) else "")]
    pairs += [("Email", student.email), ("Login", student.login), ("Section", student.section)]
    return [(label, one_line(text, 120)) for label, text in pairs if text.strip()]


def _code(given: ClassInput, grade: Grade) -> tuple[list[ShownFile], int]:
    try:
        files, omitted = code_of(given.folder, grade.submission)
    except UsageError:
        return [], 0
    shown = []
    for number, (name, raw) in enumerate(files):
        text, cut = readable(raw)
        is_python = name.lower().endswith(".py")
        lines = coloured(text) if is_python else str(escape(text)).split("\n")
        functions = tuple(definitions(text)) if is_python else ()
        shown.append(ShownFile(CodeFile(name, f"c{number}", len(lines), functions), lines, cut))
    return shown, omitted


def _shown(result: SubmissionResult, files: list[CodeFile]) -> list[ShownTest]:
    missed = [test for test in result.tests if test.status != results.PASSED]
    shown = [
        ShownTest(
            test,
            f"t{number}",
            shown_name(test.id, test.title, test.visibility),
            max(test.max_points - test.points, 0.0),
            TONES.get(test.status, "bad"),
            open=TONES.get(test.status) != "calm" and test.charged_to is None,
            excused=test.charged_to is not None,
            places=places(test, files),
        )
        for number, test in enumerate(missed, start=1)
    ]
    by_id = {entry.test.id: entry for entry in shown}
    told: set[tuple[str, ...]] = set()
    for entry in shown:
        story = (entry.test.hint, entry.test.expected, entry.test.got, entry.test.trace)
        entry.open = entry.open and story not in told  # sixty times the same syntax error: unfolded once
        told.add(story)
        if entry.test.charged_to is not None:
            entry.excuse = by_id.get(entry.test.charged_to)
    return shown


def _link_back(code: list[ShownFile], tests: Iterable[ShownTest]) -> None:
    files = {shown.file.anchor: shown for shown in code}
    for entry in tests:
        for place in () if entry.excused else entry.places:
            shown, function = files[place.file.anchor], place.function
            first, last = (function.first, function.last) if function else (place.line, place.line)
            shown.marked.update(range(first, last + 1))
            notes = shown.notes.setdefault(first, [])
            if entry not in notes:
                notes.append(entry)


def _questions(given: ClassInput, grade: Grade, tests: list[ShownTest]) -> list[dict[str, Any]]:
    overridden = {o.question for o in grade.overrides}
    failing = {entry.test.question for entry in tests}
    rows = []
    for question in given.questions:
        points, maximum = grade.questions.get(question.id, (None, None))
        share = min(max(points / maximum, 0.0), 1.0) if points is not None and maximum else None
        rows.append(
            {
                "question": question,
                "points": points,
                "maximum": maximum,
                "share": share,
                "overridden": question.id in overridden,
                "failing": question.id in failing,
            }
        )
    return rows


def _sections(given: ClassInput, result: SubmissionResult, tests: list[ShownTest]) -> list[QuestionTests]:
    titles = {q.id: q.title for q in result.questions} | {q.id: q.title for q in given.questions}
    order = dict.fromkeys([*(q.id for q in given.questions), *(t.question for t in result.tests)])
    sections = []
    for name in order:
        mine = [entry for entry in tests if entry.test.question == name]
        passed = tuple(
            shown_name(t.id, t.title, t.visibility)
            for t in result.tests
            if t.question == name and t.status == results.PASSED
        )
        if mine or passed:
            charged = [e for e in mine if not e.excused]
            excused = [e for e in mine if e.excused]
            sections.append(QuestionTests(name, titles.get(name, ""), charged, excused, passed))
    return sections


def _neighbour(given: ClassInput, index: int) -> tuple[str, str] | None:
    if not 0 <= index < len(given.grades):
        return None
    return page_of(given, index), display_name(given.grades[index])


def _member(given: ClassInput, member: str) -> tuple[str | None, str]:
    index = given.places.get(member)
    if index is None:
        return None, one_line(member, 120)
    return page_of(given, index), display_name(given.grades[index])
