"""PrairieLearn: results.json of an external grader."""

import base64
import json
from collections.abc import Mapping
from typing import Any

from harness import results
from harness.exports.student_view import headline, verdict
from harness.report.text_report import name_of
from harness.results import HandMark, SubmissionResult, TestResult
from harness.text import clean, one_line

LIMIT_BYTES = 1_000_000
SHORTER = (4000, 2000, 1000, 500, 200, 80, 0)  # characters of an output, tried one after the other
MOST_TESTS = 2000


def encoded(result: SubmissionResult, pictures: Mapping[str, bytes], limit: int = LIMIT_BYTES) -> bytes:
    """The file, within the limit: pictures are left out first, from the last one on, then outputs are cut."""
    kept = [p for p in result.pictures if p.file in pictures]
    for length in SHORTER:
        data = render(result, {p.file: pictures[p.file] for p in kept}, length)
        while kept and len(_json(data)) > limit:
            kept.pop()
            data = render(result, {p.file: pictures[p.file] for p in kept}, length)
            data["message"] += "\nSome pictures are left out here: they would not fit."
        if len(_json(data)) <= limit:
            return _json(data)
    # Thousands of tests, no word on any of them: the score is what must arrive.
    return _json({k: v for k, v in data.items() if k != "tests"})


def render(
    result: SubmissionResult, pictures: Mapping[str, bytes], output_length: int = 4000
) -> dict[str, Any]:
    """The dictionary that PrairieLearn reads.

    A submission that was refused, and one that a fault of ours stopped, is not gradable: no points are lost and
    no attempt is used up. The score is the share of the points that are decided so far, at most 1.

    Args:
        pictures: PNG bytes by file name; those of `result.pictures` that are here are shown.
        output_length: Characters that an output may have.
    """
    gradable = result.status == results.GRADED and result.score is not None
    data: dict[str, Any] = {"gradable": gradable}
    if gradable:
        assert result.score is not None
        share = result.score / result.max_score if result.max_score > 0 else 0.0
        data["score"] = round(min(1.0, max(0.0, share)), 6)
    else:
        refused = result.status == results.REFUSED
        data["format_errors"] = [one_line(result.message, 1000) if refused else "the grader failed, not you"]
    data |= {
        "message": headline(result),
        "output": "\n".join(f"Note: {one_line(note, 1000)}" for note in result.notes)[:output_length],
        "images": [
            {"label": one_line(p.title), "url": "data:image/png;base64," + _base64(pictures[p.file])}
            for p in result.pictures
            if p.file in pictures
        ],
    }
    bonus = {q.id for q in result.questions if q.bonus}
    tests = [_test(t, result, t.question in bonus, output_length) for t in result.tests[:MOST_TESTS]]
    tests += [_mark(m, m.question in bonus) for m in result.by_hand if m.points is not None]
    if gradable:
        data["tests"] = tests
    return data


def _test(test: TestResult, result: SubmissionResult, bonus: bool, length: int) -> dict[str, Any]:
    return {
        "name": one_line(f"{test.question}: {name_of(test)}"),
        "description": "bonus" if bonus else "",
        "points": round(test.points, 6),
        "max_points": 0 if bonus else round(test.max_points, 6),
        "message": test.status,
        "output": verdict(test, result)[:length],
    }


def _mark(mark: HandMark, bonus: bool) -> dict[str, Any]:
    return {
        "name": one_line(f"{mark.question}: marked by hand: {mark.title}"),
        "description": "bonus" if bonus else "",
        "points": round(mark.points or 0.0, 6),
        "max_points": 0 if bonus else round(mark.max_points, 6),
        "message": "marked",
        "output": clean(mark.comment)[:1000],
    }


def _base64(data: bytes) -> str:
    return base64.b64encode(data).decode("ascii")


def _json(data: object) -> bytes:
    return (json.dumps(data, ensure_ascii=True, allow_nan=False) + "\n").encode("ascii")
