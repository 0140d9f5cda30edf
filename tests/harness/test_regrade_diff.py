"""The regrade diff says who gained or lost points, on which test, and why; in every format, inert."""

import argparse
import csv
import io
import re
from dataclasses import replace

import pytest
from rich.console import Console

from harness.errors import UsageError
from harness.gradebook import diff_command, diff_table
from harness.gradebook.book import Gradebook
from harness.gradebook.diff import diff_runs
from harness.gradebook.diff_pages import page
from harness.gradebook.records import Event, RunRecord
from tests.harness.two_runs import HASHES, START, a_gradebook, a_grading, a_test

EVIL = "=cmd|' /C calc'!A0<script>alert(1)</script>\u202e"


def reasons(before, after) -> tuple[str, ...]:
    """Of the only test that changed between two gradings of one submission."""
    diff = diff_runs([before], [after])
    (change,) = diff.changes or diff.unscored
    (test,) = change.tests
    return test.reasons


def runs():
    def record(number):
        return RunRecord(number, START, START, "a", 7, "tier", "local", 1, 0)

    return record(1), record(2)


def test_points_old_and_new_and_the_tests_that_moved_are_told():
    before = a_grading("ann", [a_test("a", 1), a_test("b", 0.25)])
    after = a_grading("ann", [a_test("a", 1), a_test("b", 1)], content="new")
    diff = diff_runs([before], [after])
    (change,) = diff.changes
    assert (change.before.score, change.after.score, change.change) == (1.25, 2, 0.75)
    (test,) = change.tests
    assert (test.before.points, test.after.points, test.before.hint, test.after.hint) == (
        0.25,
        1,
        "look at b",
        "",
    )
    assert (diff.gained, diff.lost, diff.unchanged, diff.mean) == (1, 0, 0, 0.75)


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"content": "new"}, "the submission changed"),
        ({"hashes": {"1": "other"}}, "the question's tests changed, or what they build on"),
        ({"seed": 8}, "graded with another seed"),
        ({"tier": "INSECURE"}, "another sandbox tier (bubblewrap + Landlock + seccomp, then INSECURE)"),
        ({}, "nothing that it depends on changed: its outcome is not steady"),
    ],
)
def test_the_reason_is_what_is_not_as_it_was(changed, reason):
    before = a_grading("ann", [a_test("a", 1)])
    assert reasons(before, a_grading("ann", [a_test("a", 0)], **changed))[0] == reason


def test_a_change_of_another_questions_tests_is_no_reason():
    after = a_grading("ann", [a_test("a", 0)], hashes={**HASHES, "2": "other"}, seed=8)
    assert reasons(a_grading("ann", [a_test("a", 1)]), after) == ("graded with another seed",)


def test_new_removed_and_re_weighted_tests_are_told_apart():
    before = a_grading("ann", [a_test("old", 1), a_test("heavy", 1)])
    after = a_grading("ann", [a_test("heavy", 3, 3), a_test("new", 0.5)], hashes={"1": "other"})
    (change,) = diff_runs([before], [after]).changes
    assert [(t.id.partition("::")[2], t.reasons[0]) for t in change.tests] == [
        ("heavy", "re-weighted from 1 to 3 points"),
        ("new", "the test is new"),
        ("old", "the test was removed"),
    ]
    assert [t.change for t in change.tests] == [2, 0.5, -1]


def test_a_question_that_one_run_left_out_is_said_to_be_so():
    both = [a_test("a", 1), a_test("b", 1, question="2")]
    one, two = a_grading("ann", both[:1], hashes={"1": "one"}), a_grading("ann", both)
    assert reasons(one, two) == ("the question was not graded in the first run",)
    assert reasons(two, one) == ("the question was not graded in the second run",)


def test_an_excuse_that_comes_or_goes_is_a_change():
    charged = a_grading("ann", [a_test("a", 0)])
    excused = a_grading("ann", [a_test("a", 1, status="failed", charged_to="test_x.py::b")], content="new")
    assert reasons(charged, excused)[-1] == "not charged again now"
    assert reasons(excused, charged)[-1] == "charged itself now"


def test_a_fault_of_the_graders_own_is_no_loss():
    fault = a_grading("ann", [a_test("a", 0, status="grader error")], status="grader error")
    diff = diff_runs([a_grading("ann", [a_test("a", 1)])], [fault])
    assert (diff.gained, diff.lost, diff.unchanged, diff.mean) == (0, 0, 0, 0.0)
    assert diff.unscored[0].change is None
    assert diff.unscored[0].tests[0].reasons == ("a fault of the grader's own now",)


def test_equal_scores_with_other_outcomes_are_counted_as_such():
    before = [a_grading("ann", [a_test("a", 1), a_test("b", 0)]), a_grading("bob", [a_test("a", 0.1 + 0.2)])]
    after = [a_grading("ann", [a_test("a", 0), a_test("b", 1)]), a_grading("bob", [a_test("a", 0.3)])]
    diff = diff_runs(before, after)
    assert (diff.changes, diff.unchanged, diff.quiet) == ((), 2, 1)


def test_the_class_is_added_up_by_question_and_every_member_of_a_group_counts():
    group = ("ann", "bob")
    before = [
        a_grading("g1", [a_test("a", 0), a_test("b", 1, question="2")], students=group),
        a_grading("cleo", [a_test("a", 1), a_test("b", 1, question="2")]),
    ]
    after = [
        a_grading("g1", [a_test("a", 1), a_test("b", 1, question="2")], students=group),
        a_grading("cleo", [a_test("a", 1), a_test("b", 0.5, question="2")]),
    ]
    diff = diff_runs(before, after)
    assert (diff.gained, diff.lost, diff.mean) == (2, 1, 0.5)
    assert [(q.id, q.gained, q.lost, round(q.mean, 3)) for q in diff.questions] == [
        ("1", 2, 0, 0.667),
        ("2", 0, 1, -0.167),
    ]
    assert [[s.id for s in c.students] for c in diff.changes] == [["cleo"], ["ann", "bob"]]
    assert [(t.title, t.gained, t.lost, t.points) for t in diff.tests] == [
        ("a is right.", 2, 0, 2),
        ("b is right.", 0, 1, -0.5),
    ]


def test_students_of_one_run_alone_are_named_and_neither_gain_nor_lose():
    diff = diff_runs([a_grading("ann", [a_test("a", 1)])], [a_grading("bob", [a_test("a", 0)])])
    assert ([s.id for s in diff.gone], [s.id for s in diff.appeared]) == (["ann"], ["bob"])
    assert (diff.gained, diff.lost, diff.changes) == (0, 0, ())


def test_a_student_is_followed_to_a_submission_of_another_name():
    after = a_grading("submission_2", [a_test("a", 0)], students=("ann",), content="new")
    (change,) = diff_runs([a_grading("submission_1", [a_test("a", 1)], students=("ann",))], [after]).changes
    assert (change.before.submission, change.after.submission) == ("submission_1", "submission_2")


@pytest.mark.parametrize(("best", "score"), [(False, 1), (True, 2)])
def test_of_several_attempts_the_one_that_counts_is_compared(best, score):
    late = START.replace(day=20)
    attempts = [
        a_grading("ann", [a_test("a", 1)], number=2, submitted_at=late, content="b"),
        a_grading("ann", [a_test("a", 2, 2)], number=3, submitted_at=START, content="c"),
    ]
    (change,) = diff_runs([a_grading("ann", [a_test("a", 0)])], attempts, best=best).changes
    assert change.after.score == score


def evil_diff():
    tests = [a_test(EVIL, 0, question="=1", hint=EVIL), a_test("b", 1)]
    before = a_grading(EVIL, tests)
    after = a_grading(EVIL, [a_test(EVIL, 1, question="=1", hint=""), a_test("b", 1)], content="new")
    event = Event(1, START, None, "override", EVIL, EVIL)
    return diff_runs([before], [after], notes={EVIL: (EVIL,)}, decisions=[event])


def test_the_page_is_inert_and_says_all():
    text = page(evil_diff(), runs(), EVIL)
    assert text.count("<script>") == 1
    assert "&lt;script&gt;alert(1)" in text
    assert "\u202e" not in text
    assert "the submission changed" in text
    assert "Decided by people between the runs" in text
    assert re.search(r'href="#s1".*id="s1"', text, re.DOTALL)


def test_the_csv_is_inert_and_has_a_line_for_each_test():
    (found,) = csv.DictReader(io.StringIO(diff_table.csv(evil_diff())))
    assert found["student"].startswith("'=cmd")
    assert found["hint_before"].startswith("'=cmd")
    assert (found["question"], found["points_before"], found["points_after"]) == ("'=1", "0", "1")
    assert (found["score_before"], found["score_after"], found["change"]) == ("1", "2", "1")
    assert found["reasons"] == "the submission changed"


def test_a_page_of_a_large_class_details_the_largest_changes_and_names_all(monkeypatch):
    monkeypatch.setattr("harness.gradebook.diff_pages.DETAILED", 3)
    before = [a_grading(f"s{n}", [a_test("a", 0, 9)]) for n in range(5)]
    after = [a_grading(f"s{n}", [a_test("a", n + 1, 9)], content="new") for n in range(5)]
    text = page(diff_runs(before, after), runs())
    assert text.count("<article") == 3
    assert all(f"s{n}" in text for n in range(5))
    assert "the CSV has all 5" in text


@pytest.fixture
def out(tmp_path):
    first = {"ann": [a_test("a", 0), a_test("b", 1)], "bob": [a_test("a", 1)], EVIL: [a_test("a", 1)]}
    second = {"ann": [a_test("a", 1), a_test("b", 1)], "bob": [a_test("a", 1)], EVIL: [a_test("a", 0)]}
    return a_gradebook(tmp_path / "out", [first, second])


def run(*arguments: str) -> int:
    parser = argparse.ArgumentParser()
    diff_command.add_arguments(parser)
    return diff_command.run(parser.parse_args(arguments))


def test_the_command_prints_a_table(out, capsys):
    with Gradebook.open(out) as book:
        book.override("ann", "1.2b", 5, "measured wrongly", "Dr Who")
    assert run(str(out), "1", "2") == 0
    said = capsys.readouterr().out
    assert "Gained: 1, lost: 1, unchanged: 1" in said
    assert "ann: 1 / 2 -> 2 / 2 (+1)" in said
    assert (
        "    [1] a is right.\n        failed, 0 / 1 -> passed, 1 / 1\n        hint then: look at a\n" in said
    )
    assert "override" in said
    assert "measured wrongly" in said
    assert "\u202e" not in said


def test_the_command_writes_every_format(out, tmp_path, capsys):
    for kind in ("table", "csv", "html"):
        assert run(str(out), "1", "2", "--format", kind, "--to", str(tmp_path / kind)) == 0
        assert (tmp_path / kind).read_text()
    capsys.readouterr()
    assert run(str(out), "2", "1", "--format", "csv") == 0
    lines = list(csv.DictReader(io.StringIO(capsys.readouterr().out)))
    assert sorted(line["change"] for line in lines) == ["-1", "1"]


def printed(diff) -> str:
    stream = io.StringIO()
    diff_table.show(diff, runs(), Console(file=stream))
    return stream.getvalue()


LONG = "The backward pass of the second layer gives the gradient of the loss with respect to every weight and bias of it"


def case(number, points, title=LONG):
    name = f"test_deep[{number}-float32]"
    return replace(a_test("x", points), id=f"test_x.py::{name}", title=title, hint="")


def test_a_long_title_is_cut_and_its_reasons_are_not():
    seeds = {"hashes": {"1": "other"}, "seed": 8, "tier": "INSECURE"}
    before = a_grading("ann", [case(1, 1), a_test("b", 1)])
    after = a_grading("ann", [case(1, 0), a_test("b", 0, 2)], **seeds)
    said = printed(diff_runs([before], [after]))
    why = (
        "the question's tests changed, or what they build on; graded with another seed; "
        "another sandbox tier (bubblewrap + Landlock + seccomp, then INSECURE)"
    )
    lines = said.splitlines()
    assert [line.endswith(f"({why})") for line in lines if "  -1  The backward" in line] == [True]
    assert f"        passed, 1 / 1 -> failed, 0 / 1: {why}" in lines
    assert "... [1-float32]" in said
    assert "more characters" not in said


def test_a_short_title_stands_whole_beside_a_short_reason():
    diff = diff_runs([a_grading("ann", [a_test("a", 1)])], [a_grading("ann", [a_test("a", 0)], seed=8)])
    assert "-1  a is right. (graded with another seed)\n" in printed(diff)
    assert all(len(line) <= 120 for line in printed(diff).splitlines())


def test_the_cases_of_one_parametrised_test_are_told_apart():
    before = a_grading("ann", [case(n, 1, "Same.") for n in (1, 2)])
    diff = diff_runs([before], [a_grading("ann", [case(n, 0, "Same.") for n in (1, 2)], content="new")])
    for said in (printed(diff), re.sub(r" ?<[^>]*>", " ", page(diff, runs())).replace("  ", " ")):
        assert said.count("Same. [1-float32]") == said.count("Same. [2-float32]") == 2


def test_long_parameters_are_cut_in_the_middle_and_hostile_ones_are_inert():
    name = diff_table.case_name(f"t.py::test[{'a' * 50}{'b' * 50}]", "Title", 60)
    assert name == f"Title [{'a' * 18}...{'b' * 18}]"
    assert diff_table.case_name("t.py::test[\u202e\n]", "T", 60) == "T [\\u202e]"
    assert diff_table.case_name("t.py::test", "x" * 80, 20) == "x" * 17 + "..."


def test_the_table_says_which_points_it_speaks_of():
    assert "Points of tests, before marks by hand, late deductions and overrides.\n" in printed(evil_diff())


@pytest.mark.parametrize(
    ("a", "b", "said"), [("1", "9", "has no run 9; it has 1"), ("2", "2", "two different runs")]
)
def test_a_run_that_is_none_is_one_sentence(out, a, b, said):
    with pytest.raises(UsageError, match=said):
        run(str(out), a, b)


def test_a_file_that_cannot_be_written_is_one_sentence(out, tmp_path):
    with pytest.raises(UsageError, match="cannot be written"):
        run(str(out), "1", "2", "--to", str(tmp_path / "none" / "file"))


def test_a_folder_without_a_gradebook_is_one_sentence(tmp_path):
    with pytest.raises(UsageError):
        run(str(tmp_path), "1", "2")
