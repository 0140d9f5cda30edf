"""Points add up, or collection is refused; one mistake is charged once."""

from dataclasses import replace

import pytest

from harness import rubric
from harness.assignment import Assignment, HandItem, Question
from harness.errors import UsageError
from harness.isolation.limits import Limits
from harness.results import TestResult
from harness.rubric import GradedTest


def assignment_of(*questions):
    total = sum(q.points for q in questions)
    return Assignment("demo", "Demo", "", ("a.py",), (), total, (), (), Limits(), questions)


QUESTION = Question("1", "First", 4, 1, by_hand=(HandItem("1-text", "Why", 1),))


def graded(name, points, hidden=False, **rules):
    return GradedTest(f"test_a.py::{name}", "1", name, hidden, points, **rules)


def result(name, points, most, status):
    return TestResult(f"test_a.py::{name}", "1", name, "public", status, points, most)


def test_points_that_add_up_are_accepted():
    """Public and hidden points, less what is marked by hand, are those declared."""
    rubric.check_points(
        assignment_of(QUESTION), [graded("test_x", 1), graded("test_y", 2, True)], with_hidden=True
    )


@pytest.mark.parametrize(
    ("tests", "sentence"),
    [
        (
            [graded("test_x", 2), graded("test_y", 2, True)],
            r"question 1 declares 1 public points, its tests add up to 2 \(off by \+1\)",
        ),
        (
            [graded("test_x", 1), graded("test_y", 1.5, True)],
            r"question 1 declares 2 hidden points, its tests add up to 1.5 \(off by -0.5\)",
        ),
        ([graded("test_x", 1)], "question 1 declares 2 hidden points, its tests add up to 0"),
    ],
)
def test_points_that_do_not_add_up_are_refused(tests, sentence):
    """The sentence says which question is off by what."""
    with pytest.raises(UsageError, match=sentence):
        rubric.check_points(assignment_of(QUESTION), tests, with_hidden=True)


def test_a_release_is_held_to_its_public_points():
    """Without hidden tests the public points must still agree."""
    rubric.check_points(assignment_of(QUESTION), [graded("test_x", 1)], with_hidden=False)
    with pytest.raises(UsageError, match="public points"):
        rubric.check_points(assignment_of(QUESTION), [], with_hidden=False)


def test_a_test_of_an_unknown_question_is_refused():
    """No test can count for nothing."""
    stray = GradedTest("test_a.py::test_z", "9", "z", False, 0)
    with pytest.raises(UsageError, match="has no question '9'"):
        rubric.check_points(
            assignment_of(QUESTION), [graded("test_x", 1), graded("test_y", 2, True), stray], with_hidden=True
        )


def test_a_rule_that_names_no_test_is_refused():
    """A misspelt name in follows= would silently change grades."""
    tests = [graded("test_x", 1, follows=("test_gone",)), graded("test_y", 2, True)]
    with pytest.raises(UsageError, match="names the test test_gone, which does not exist"):
        rubric.check_points(assignment_of(QUESTION), tests, with_hidden=True)


CASES = {
    # piece passes?, evidence passes?, status of the second test -> points of the second test
    "charged before, rest sound": ("failed", "passed", "failed", 2),
    "charged before, nothing sound": ("failed", "failed", "failed", 0),
    "not charged before": ("passed", "passed", "failed", 0),
    "not written is not a second charge": ("failed", "passed", "not written", 0),
    "not run is not a second charge": ("failed", "passed", "not run", 0),
    "a crash follows, too": ("failed", "passed", "crashed", 2),
    "a grader error stays one": ("failed", "passed", "grader error", 0),
}


@pytest.mark.parametrize("case", CASES)
def test_one_mistake_is_charged_once(case):
    """Only where another test has charged it, and evidence says that the rest is sound."""
    piece, evidence, status, expected = CASES[case]
    tests = [
        graded("piece", 1),
        graded("sound", 1),
        graded("second", 2, follows=("piece",), provided=("sound",)),
    ]
    results = [
        result("piece", float(piece == "passed"), 1, piece),
        result("sound", float(evidence == "passed"), 1, evidence),
        result("second", 0, 2, status),
    ]
    rubric.charge_once(tests, results)
    assert results[2].points == expected
    assert results[2].charged_to == ("test_a.py::piece" if expected else None)
    assert results[2].status == status


def test_the_order_of_tests_does_not_matter():
    """A test that follows one which is itself excused is excused, whichever comes first."""
    tests = [
        graded("third", 1, follows=("second",), provided=("sound",)),
        graded("second", 1, follows=("first",), provided=("sound",)),
        graded("first", 1),
        graded("sound", 1),
    ]
    for order in (1, -1):
        results = [
            result("third", 0, 1, "failed"),
            result("second", 0, 1, "failed"),
            result("first", 0, 1, "failed"),
            result("sound", 1, 1, "passed"),
        ][::order]
        rubric.charge_once(tests, results)
        assert {r.id.split("::")[1]: r.points for r in results} == {
            "third": 1,
            "second": 1,
            "first": 0,
            "sound": 1,
        }


def test_a_fault_of_ours_excuses_nothing():
    """A test that ended by a fault of the grader has charged nothing, so another failure is charged."""
    tests = [
        graded("piece", 1),
        graded("sound", 1),
        graded("second", 2, follows=("piece",), provided=("sound",)),
    ]
    results = [
        result("piece", 0, 1, "grader error"),
        result("sound", 1, 1, "passed"),
        result("second", 0, 2, "failed"),
    ]
    rubric.charge_once(tests, results)
    assert (results[2].points, results[2].charged_to) == (0, None)


def test_hand_marks_are_listed_without_points():
    """What a person marks waits for that person."""
    (mark,) = rubric.hand_marks(assignment_of(QUESTION))
    assert (mark.id, mark.question, mark.max_points, mark.points) == ("1-text", "1", 1, None)


def test_a_question_that_only_a_person_marks_is_never_left_out():
    """It has no tests, and must all the same stand in every report and on the sheet of marks."""
    by_hand = replace(
        QUESTION, id="2", title="Second", points=1, public=0, by_hand=(HandItem("2-text", "Why", 1),)
    )
    lines = rubric.by_question(assignment_of(QUESTION, by_hand), [result("a", 3, 3, "passed")])
    assert [(line.id, line.points, line.max_points) for line in lines] == [("1", 3, 3), ("2", 0, 0)]


def test_question_sums():
    """A question's points are the sum over its tests."""
    (line,) = rubric.by_question(
        assignment_of(QUESTION), [result("a", 0.5, 1, "failed"), result("b", 2, 2, "passed")]
    )
    assert (line.points, line.max_points) == (2.5, 3)
