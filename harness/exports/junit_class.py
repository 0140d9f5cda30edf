"""One junit.xml for a whole class: a test suite for each question of each submission."""

from collections.abc import Iterable, Iterator
from xml.etree import ElementTree as ET

from harness.report import junit
from harness.results import SubmissionResult
from harness.text import one_line


def chunks(results: Iterable[SubmissionResult], title: str) -> Iterator[str]:
    """The document in pieces, so that ten thousand submissions need the memory of one.

    Every `classname` begins with the assignment and the submission, so that a pair of class and name stays unique.
    """
    yield '<?xml version="1.0" encoding="UTF-8"?>\n'
    root = ET.Element("testsuites", name=one_line(title))
    yield ET.tostring(root, encoding="unicode").removesuffix(" />") + ">\n"
    for result in results:
        # What junit.render wrote is our own, with every text escaped by the library that reads it here.
        document = ET.fromstring(junit.render(result))  # noqa: S314
        folder = one_line(result.submission)
        for suite in document:
            suite.set("name", f"{folder}: {suite.get('name', '')}")
            for case in suite.iter("testcase"):
                assignment, _, question = case.get("classname", "").rpartition(".")
                # Readers cut a class name at its dots.
                case.set("classname", f"{assignment}.{folder.replace('.', '_')}.{question}")
            ET.indent(suite)
            yield ET.tostring(suite, encoding="unicode").rstrip() + "\n"
    yield "</testsuites>\n"
