"""report.txt: the whole story of one submission, 100 columns wide, in plain words."""

import textwrap
from collections import Counter

from harness import results
from harness.results import QuestionResult, SubmissionResult, TestResult
from harness.text import clean, one_line

WIDTH = 100
PRINTED_LINES = 10
PRINTED_CHARACTERS = 800


def number(value: float, decimals: int = 2) -> str:
    """A figure without trailing zeros: 5, 2.5, -0.25."""
    text = f"{value:.{decimals}f}"
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return "0" if text == "-0" else text


def name_of(test: TestResult) -> str:
    """A test in one line: its title, and the parameters of a public one. Of a hidden one the title is all."""
    title = one_line(test.title) or "(untitled)"
    if test.visibility != "public":
        return f"hidden test: {title}"
    _, bracket, parameters = test.id.partition("[")
    return f"{title} [{one_line(parameters.removesuffix(']'), 60)}]" if bracket else title


def quoted(text: str) -> list[str]:
    """The submission's own lines, wrapped, behind a bar: they can't pass for lines of the report."""
    lines: list[str] = []
    for line in clean(text).expandtabs(4).split("\n"):
        lines += textwrap.wrap(
            line.rstrip(), WIDTH - 10, replace_whitespace=False, drop_whitespace=False, break_on_hyphens=False
        ) or [""]
    while lines and not lines[-1].strip():
        lines.pop()
    return [f"| {line}" for line in lines]


def explain(test: TestResult, result: SubmissionResult, *, to_students: bool = False) -> str:
    """Why a test did not pass: hint, expected and got, detail, the student's frames, what was printed.

    Args:
        to_students: Of a hidden test tell the hint alone, since values and prints would give it away.
    """
    lines: list[str] = []
    if test.status == results.GRADER_ERROR:
        lines.append("A fault of the grader, not of your code. It costs you nothing and will be run again.")
    if test.charged_to is not None:
        titles = [name_of(other) for other in result.tests if other.id == test.charged_to]
        same = f"“{titles[0]}”" if titles else "in another test"
        lines += _wrapped("", f"not charged again: the same mistake as {same}")
    if test.hint:
        lines += _wrapped("Hint: ", test.hint)
    if to_students and test.visibility != "public":
        return "\n".join([*lines, "A hidden test shows no more than this."])
    for label, text in (("Expected: ", test.expected), ("Got:      ", test.got)):
        if "\n" in text.strip():
            lines += [label.rstrip(), *quoted(text.strip("\n"))]
        elif text.strip():
            lines += _wrapped(label, text)
    for line in clean(test.detail).splitlines():
        lines += _wrapped("", line)
    if test.trace.strip():
        lines += ["Where in your code:", *quoted(test.trace.strip("\n"))]
    if test.output.strip():
        lines += ["What it printed:", *_shortened(test.output)]
    return "\n".join(lines)


def score_line(result: SubmissionResult) -> str:
    """`41.5 of 56 points`, what awaits a person, or why there is no score."""
    if result.score is None:
        line = "none yet. The grader itself failed: no fault of yours, and no zero. It will be graded again."
    else:
        line = f"{number(result.score)} of {number(result.max_score)} points"
    if result.pending_points:
        total = number(result.max_score + result.pending_points)
        line += f" ({number(result.pending_points)} of {total} points await marking by hand)"
    return line


def insecure(result: SubmissionResult) -> bool:
    """Whether the submission ran without a sandbox."""
    return "insecure" in result.tier.lower()


def render(result: SubmissionResult) -> str:
    """The whole report, ending with a line break.

    Source: the order within a test (hint, expected and got, own frames) is the project's rule for feedback.
    """
    missed = [test for test in result.tests if test.status != results.PASSED]
    sections = [
        _head(result),
        _questions(result.questions),
        *(_missed(test, result) for test in missed),
        _passed(result),
        _listed("Notes", [one_line(note, 1000) for note in result.notes]),
        _listed("Pictures", [f"{one_line(p.file)}: {one_line(p.title)}" for p in result.pictures]),
        _by_hand(result),
    ]
    if missed:
        sections.insert(2, _heading(f"Tests that did not pass: {len(missed)} of {len(result.tests)}"))
    return "\n\n".join(section for section in sections if section) + "\n"


def _head(result: SubmissionResult) -> str:
    lines = []
    if insecure(result):
        lines += [
            "!" * WIDTH,
            "!! INSECURE: this submission ran without a sandbox. It could read the grader's files and change",
            "!! this result. Do not use this score as a grade unless you trust whoever wrote the code.",
            "!" * WIDTH,
            "",
        ]
    lines += [*_wrapped("", result.title or result.assignment), "=" * WIDTH]
    lines += _wrapped("Submission: ", result.submission)
    if result.status != results.GRADED:
        lines += _wrapped("Status:     ", result.status)
    lines += _wrapped("Score:      ", score_line(result))
    if result.late:
        lines += _wrapped("Late:       ", result.late.text)
        if result.score is not None:
            lines += _wrapped(
                "Counts:     ", f"{number(max(0.0, result.score - result.late.deduction))} points"
            )
    lines += _wrapped(
        "Graded:     ",
        f"sandbox tier {result.tier}"
        + ("" if result.seed == results.UNTOLD else f", seed {result.seed}")
        + (f", started {result.started_at}" if result.started_at else ""),
    )
    if result.message:
        lines += _wrapped("Message:    ", result.message)
    return "\n".join(lines)


def _questions(questions: list[QuestionResult]) -> str:
    if not questions:
        return ""
    wide = min(max(8, *(len(one_line(q.id)) for q in questions)), 16)
    room = WIDTH - wide - 20
    lines = [f"{'Question':<{wide}}  {'':<{room}}  {'points':>7}  {'out of':>7}"]
    for question in questions:
        bonus = " (bonus)" if question.bonus else ""
        title = _cut(one_line(question.title), room - len(bonus)) + bonus
        points, out_of = number(question.points), number(question.max_points)
        lines.append(f"{one_line(question.id)[:wide]:<{wide}}  {title:<{room}}  {points:>7}  {out_of:>7}")
    return "\n".join(lines)


def _missed(test: TestResult, result: SubmissionResult) -> str:
    lost = number(test.max_points - test.points)
    price = "no points lost" if float(lost) <= 0 else f"{lost} of {number(test.max_points)} points lost"
    lines = textwrap.wrap(f"[{one_line(test.question)}] {name_of(test)}", WIDTH)
    lines.append(f"    {test.status}, {price}")
    lines += [f"    {line}".rstrip() for line in explain(test, result).split("\n") if line]
    return "\n".join(lines)


def _passed(result: SubmissionResult) -> str:
    passed = [test for test in result.tests if test.status == results.PASSED]
    if not result.tests:
        return ""
    if not passed:
        return _heading("No test passed")
    lines = []
    if len(passed) == len(result.tests):
        if any(test.visibility != "public" for test in passed):
            lines.append("Public and hidden tests passed.")
        else:
            lines.append("Public tests passed. Hidden tests, if there are any, were not part of this run.")
    # The cases of one parametrised test share a title: one line with a count keeps the list short.
    counts = Counter(
        (one_line(t.question), one_line(t.title) if t.visibility == "public" else name_of(t)) for t in passed
    )
    for (question, title), count in counts.items():
        cases = f" ({count} cases)" if count > 1 else ""
        lines.append(_cut(f"[{question}] {title}", WIDTH - len(cases)) + cases)
    return "\n".join([_heading(f"Tests that passed: {len(passed)} of {len(result.tests)}"), *lines])


def _by_hand(result: SubmissionResult) -> str:
    lines = []
    for mark in result.by_hand:
        given = "not marked yet, out" if mark.points is None else number(mark.points)
        item = f"[{one_line(mark.question)}] {one_line(mark.title)}"
        lines.append(f"{item}: {given} of {number(mark.max_points)}")
        lines += quoted(mark.comment) if mark.comment.strip() else []
    return _listed("Marked by hand", lines)


def _listed(title: str, lines: list[str]) -> str:
    wrapped = [piece for line in lines for piece in textwrap.wrap(line, WIDTH, subsequent_indent="    ")]
    return "\n".join([_heading(title), *wrapped]) if wrapped else ""


def _heading(title: str) -> str:
    return f"{title}\n{'-' * WIDTH}"


def _cut(text: str, width: int) -> str:
    return text if len(text) <= width else text[: width - 2] + " …"


def _wrapped(label: str, text: str) -> list[str]:
    indent = " " * len(label)
    return textwrap.wrap(one_line(text, 1000), WIDTH - 4, initial_indent=label, subsequent_indent=indent)


def _shortened(text: str) -> list[str]:
    lines = quoted(text[:PRINTED_CHARACTERS])
    if len(lines) > PRINTED_LINES or len(text) > PRINTED_CHARACTERS:
        lines = [*lines[:PRINTED_LINES], "(and more)"]
    return lines
