"""Small classes for the tests of the HTML report: one whose every text is an attack, and one without any students."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from benchmarks.report import QUESTIONS, Question, write_class
from harness import results
from harness.gradebook.records import Attempt, Grade, LateLine, Override, RunRecord, Student
from harness.report.pictures import curves
from harness.results import HandMark, LeaderboardEntry, Picture, QuestionResult, SubmissionResult, TestResult
from harness.site.inputs import ClassInput

AT = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
ATTACKS = (
    "<script>window.hacked=1</script>",
    '"><img src=x onerror="window.hacked=1">',
    "javascript:window.hacked=1",
    "</script><script>window.hacked=1</script>",
    "</title></style><svg onload=window.hacked=1>",
    "' onmouseover='window.hacked=1' autofocus onfocus='window.hacked=1",
    "\u202egnp.exe\u2066",
    "a\u2028b\u2029c\x00d\x1b[31m",
    "=cmd|'/C calc'!A0",
    "x" * 300,
    "{{ 7 * 7 }}{% raw %}${1}`",
    "../../x",
    "a/b\\c?d#e%00",
    "\udc80\ud800",
    "con",
    "Case",
    "case",
    "CASE",
    "-->]]><!--",
)
CODE = '''"""<script>window.hacked=1</script>"""
import numpy as np


class Net:
    def forward(self, x):
        return x  # </pre><img src=x onerror=window.hacked=1>

    def backward(self, d):
        """Not the same.

    Even here."""
        return d


def train(net):
    return net.forward(1)
'''


def ordinary(folder, students, seed=1):
    """A synthetic class without malice."""
    return write_class(folder, students, seed)


def failing(attack, number=0, visibility="public", **changes):
    """A failed test all of whose texts are the attack."""
    texts = dict.fromkeys(("hint", "expected", "got", "detail", "output"), attack)
    values = {
        "trace": f"net.py, line 6, in forward\n    {attack}",
        "points": 0.0,
        "max_points": 1.0,
        "status": results.FAILED,
        **texts,
        **changes,
    }
    return TestResult(f"test_a.py::test_{number}[{attack}]", attack, attack, visibility, **values)


def hostile(folder):
    """A class in which every name and text is an attack, with late lines, overrides, groups and attempts."""
    picture = curves({"a": [1.0, 2.0]}, title="t", xlabel="x", ylabel="y")
    grades = []
    for number, attack in enumerate(ATTACKS):
        submission = f"s{number}"
        own = folder / submission
        (own / "code").mkdir(parents=True)
        (own / "code" / "net.py").write_text(CODE, encoding="utf-8")
        (own / "code" / "<img src=x onerror=window.hacked=1>.py").write_bytes(
            b"\xff\xfe\x00<script>\r\n" + b"x" * 9000
        )
        (own / "loss.png").write_bytes(picture)
        result = SubmissionResult(
            "demo", submission, 1, attack, results.GRADED, 1.0, 2.0, 1.0, attack, attack, started_at=attack
        )
        result.questions = [QuestionResult(attack, attack, 1.0, 2.0)]
        result.tests = [
            failing(attack),
            failing(attack, 1, charged_to=f"test_a.py::test_0[{attack}]", points=1.0),
            failing(attack, 2, status=results.PASSED, points=1.0),
            failing(attack, 3, status=results.NOT_WRITTEN, visibility="hidden")
            if number % 2
            else failing(attack, 4),
        ]
        result.by_hand = [HandMark(attack, attack, attack, 1.0, 0.5, attack)]
        result.pictures = [
            Picture("loss.png", attack),
            Picture("../s0/loss.png", attack),
            Picture("none.png", attack),
        ]
        result.leaderboard = [LeaderboardEntry(attack, 1.0)]
        result.notes = [attack]
        (own / "results.json").write_text(json.dumps(result.to_dict()), encoding="ascii")
        late = LateLine(AT, AT - timedelta(hours=1), 3600.0, 0.25, attack)
        overrides = (
            Override(attack, attack, 1.0, attack, attack, AT),
            Override(attack, None, 1.5, attack, attack, AT),
        )
        attempt = Attempt(submission, attack, AT, AT, 1, attack, 1.0, 2.0, 0.75, True)
        student = Student(attack, attack, attack, attack, attack)
        grades.append(
            Grade(
                student,
                submission,
                results.GRADED,
                attack,
                1.0,
                2.0,
                1.0,
                1.5,
                {attack: (1.0, 2.0)},
                late,
                overrides,
                (attack, ATTACKS[0], "nobody & co"),
                (attempt, replace(attempt, counts=False, submitted_at=None, score=None, total=None)),
                AT,
            )
        )
    questions = [Question(attack, attack, 2.0) for attack in ATTACKS]
    run = RunRecord(1, AT, None, "0" * 64, 1, ATTACKS[0], ATTACKS[1], len(grades), 0)
    return ClassInput.of(folder, ATTACKS[0], ATTACKS[3], questions, grades, [run])


def empty(folder):
    """A class of nobody."""
    folder.mkdir(parents=True, exist_ok=True)
    return ClassInput.of(folder, "demo", "", QUESTIONS, [])
