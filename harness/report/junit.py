"""junit.xml: one test suite per question, for CI dashboards."""

import re
from collections.abc import Iterable
from xml.etree import ElementTree as ET

from harness import results
from harness.report.text_report import explain, name_of, number
from harness.results import SubmissionResult, TestResult
from harness.text import clean, one_line

OUTPUT_LIMIT = 4000
_SKIPPED = (results.NOT_WRITTEN, results.NOT_RUN)
_INVALID = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def render(result: SubmissionResult) -> str:
    """The XML document, with its declaration; every `classname` + `name` pair occurs once.

    A submission that was refused, or that a fault of ours stopped, gets a case of its own, so that no
    dashboard shows an empty file as a success.
    """
    root = ET.Element("testsuites", name=_attribute(result.assignment), time=_seconds(result.duration_s))
    seen: set[tuple[str, str]] = set()
    if result.status != results.GRADED:
        suite = ET.SubElement(root, "testsuite", name="submission", time=_seconds(result.duration_s))
        case = _case(suite, result, "submission", f"{result.submission} can be graded", 0.0, seen)
        kind = "error" if result.status == results.GRADER_ERROR else "failure"
        _verdict(case, kind, result.status, result.message or result.status, result.message)
    titles = {question.id: question.title for question in result.questions}
    for question in dict.fromkeys([*titles, *(test.question for test in result.tests)]):
        tests = [test for test in result.tests if test.question == question]
        suite = ET.SubElement(root, "testsuite", name=_attribute(f"{question} {titles.get(question, '')}"))
        suite.set("time", _seconds(sum(test.duration_s for test in tests)))
        for test in tests:
            _add(_case(suite, result, question, name_of(test), test.duration_s, seen), test, result)
    for suite in root:
        properties = ET.Element("properties")
        seed = "not told" if result.seed == results.UNTOLD else str(result.seed)
        for name, value in (("tier", result.tier), ("seed", seed), ("status", result.status)):
            ET.SubElement(properties, "property", name=name, value=_attribute(value))
        suite.insert(0, properties)
        if result.started_at:
            suite.set("timestamp", _attribute(result.started_at))
        _count(suite, suite.findall("testcase"))
    _count(root, root.iter("testcase"))
    ET.indent(root)
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{ET.tostring(root, encoding="unicode")}\n'


def _case(
    suite: ET.Element,
    result: SubmissionResult,
    question: str,
    name: str,
    time_s: float,
    seen: set[tuple[str, str]],
) -> ET.Element:
    # Readers cut a class name at its dots, so a question such as 1.2b must not contribute any.
    classname = _attribute(f"{result.assignment.replace('.', '_')}.{question.replace('.', '_')}")
    base, count = _attribute(name), 1
    unique = base
    while (classname, unique) in seen:
        count += 1
        unique = f"{base} ({count})"
    seen.add((classname, unique))
    return ET.SubElement(suite, "testcase", classname=classname, name=unique, time=_seconds(time_s))


def _add(case: ET.Element, test: TestResult, result: SubmissionResult) -> None:
    if test.status != results.PASSED:
        kind = "failure"
        if test.status == results.GRADER_ERROR:
            kind = "error"
        elif test.status in _SKIPPED:
            kind = "skipped"
        points = f"{number(test.points)} of {number(test.max_points)} points"
        _verdict(case, kind, test.status, f"{test.status}, {points}", explain(test, result, to_students=True))
    # What a hidden test printed would show its inputs.
    if test.output.strip() and test.visibility == "public":
        ET.SubElement(case, "system-out").text = _body(test.output)


def _verdict(case: ET.Element, kind: str, status: str, message: str, body: str) -> None:
    verdict = ET.SubElement(case, kind, message=_attribute(message))
    if kind != "skipped":
        verdict.set("type", _attribute(status))
    # Some readers show only the body: it repeats what the attribute says.
    verdict.text = _body(f"{message}\n{body}".strip())


def _count(element: ET.Element, cases: Iterable[ET.Element]) -> None:
    listed = list(cases)
    element.set("tests", str(len(listed)))
    for attribute, kind in (("failures", "failure"), ("errors", "error"), ("skipped", "skipped")):
        element.set(attribute, str(sum(case.find(kind) is not None for case in listed)))


def _seconds(value: float) -> str:
    return f"{value:.3f}"


def _attribute(text: str) -> str:
    return _INVALID.sub("", one_line(text))


def _body(text: str) -> str:
    # Cleaning spells out control characters and so lengthens the text: cut afterwards.
    return _INVALID.sub("", clean(text))[:OUTPUT_LIMIT]
