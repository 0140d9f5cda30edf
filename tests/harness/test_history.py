"""A student's history: everything in order, said once, in every format, inert."""

import argparse
import csv
import io
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from harness import assignment
from harness.errors import UsageError
from harness.gradebook import history_command
from harness.gradebook.book import Gradebook
from harness.gradebook.history import counting, history
from harness.gradebook.history_pages import page
from harness.gradebook.recording import RunRecorder
from harness.gradebook.records import Event, Grade, LateLine, Override, RunRecord, Student
from harness.grading.identity import Identity
from harness.intake.packed import Packed
from tests.harness.two_runs import START, a_gradebook, a_grading, a_test

EVIL = "@SUM(1)<img src=x onerror=alert(1)>\u202e"


def test_what_happened_stands_in_order_with_what_moved():
    gradings = [
        a_grading("ann", [a_test("a", 0), a_test("b", 1, question="2")], submitted_at=START, run=1),
        a_grading("ann", [a_test("a", 1), a_test("b", 1, question="2")], submitted_at=START, run=2, seed=8),
        a_grading("ann", [a_test("a", 1), a_test("b", 0, question="2")], submitted_at=START + timedelta(days=2.5),
                  run=3, content="new", hashes={"1": "one", "2": "other"}),
    ]  # fmt: skip
    events = [
        Event(1, START + timedelta(days=1), 1, "graded", "ann", "1 of 2 points"),
        Event(2, START + timedelta(days=1.5), None, "override", "ann", "the total set to 2 by Dr Who: why"),
        Event(3, START + timedelta(days=9), None, "mark", "ann", "plot: 3 points"),
    ]
    entries = history(gradings, events)
    assert [(e.what, e.run, e.changed) for e in entries] == [
        ("handed in", None, ()),
        ("graded", 1, ()),
        ("override", None, ()),
        ("graded", 2, (("1", 1.0),)),
        ("handed in", None, ()),
        ("graded", 3, (("2", -1.0),)),
        ("mark", None, ()),
    ]
    assert entries[3].text == "another seed"
    assert entries[5].text == "other content; changed tests in 2; another seed"
    assert [e.score for e in entries if e.what == "graded"] == [1, 2, 1]


def test_a_result_that_stood_is_dated_by_its_run_and_moves_nothing():
    first = a_grading("ann", [a_test("a", 1)], run=1)
    kept = replace(first, run=2, kept=True)
    started = START + timedelta(days=30)
    runs = [RunRecord(2, started, None, "a", 7, "tier", "local", 0, 1)]
    assert [(e.what, e.at) for e in history([first, kept], (), runs)][1] == ("kept", started)
    event = Event(5, started + timedelta(minutes=1), 2, "kept", "ann", "grading 1 stands")
    entries = history([first, kept], [event], runs)
    assert [(e.what, e.at) for e in entries][1:] == [("kept", event.at)]


def test_times_without_a_zone_do_not_stop_the_list():
    naive = datetime(2026, 3, 1, 10)
    entries = history([a_grading("ann", [a_test("a", 1)], submitted_at=naive)])
    assert [e.what for e in entries] == ["handed in", "graded"]


def test_what_counts_now_is_told_with_its_reasons():
    late = LateLine(START, START, 60, 5, "1 minute late: 5 points off")
    override = Override("ann", None, 42, "illness", "Dr Who", START)
    grade = Grade(Student("ann"), "g1", "graded", "", 50, 60, 4, 42, late=late, members=("ann", "bob"))
    assert counting(grade, [override]) == [
        "Counts now: 42 points (tests and marks: 50 of 60), from g1",
        "Handed in together by ann, bob",
        "1 minute late: 5 points off",
        "To be marked by hand: 4 points",
        "Override: the total is set to 42 (Dr Who, 2026-03-01): illness",
    ]


def test_a_grade_that_is_missing_says_so():
    assert counting(Grade(Student("ann"), "ann", "grader error", "", None, 0, 0, None))[0].startswith(
        "Counts now: no score"
    )


def notes_of(*gradings):
    """What the history says of each grading."""
    return [e.text for e in history(gradings) if e.what == "graded"]


def test_a_grading_that_only_completes_says_which_questions_it_added_or_left_out():
    one, two = a_test("a", 1), a_test("b", 1, question="2")
    part = a_grading("ann", [one], run=1, hashes={"1": "one"})
    whole = a_grading("ann", [one, two], run=2)
    assert notes_of(part, whole)[1] == "question 2 added"
    less = a_grading("ann", [one], run=3, hashes={"1": "one"})
    assert notes_of(whole, less)[1] == "question 2 left out"
    more = a_grading("ann", [one, two], run=2, hashes={"1": "one", "2": "two", "3": "three"})
    assert notes_of(part, more)[1] == "questions 2, 3 added"


def test_a_grading_that_was_not_needed_says_that_it_was_forced():
    again = [a_grading("ann", [a_test("a", 1)], run=run) for run in (1, 2)]
    assert notes_of(*again)[1] == "graded again though nothing had changed (--force)"


def test_a_grading_after_a_fault_or_under_another_name_was_not_forced():
    fault = a_grading("ann", [a_test("a", 0, status="grader error")], run=1, status="grader error")
    assert notes_of(fault, a_grading("ann", [a_test("a", 1)], run=2))[1] == (
        "graded again after a fault of the grader's own"
    )
    moved = a_grading("g2", [a_test("a", 1)], run=2, students=("ann",))
    assert notes_of(a_grading("ann", [a_test("a", 1)]), moved)[1] == "the same content as before"


def test_what_was_refused_before_is_no_question_added():
    refused = a_grading("ann", [], run=1, hashes={}, status="refused", content="old")
    assert notes_of(refused, a_grading("ann", [a_test("a", 1)], run=2))[1] == "other content"


def test_a_student_without_any_grading_gets_a_sentence_and_no_empty_table(out, tmp_path, capsys):
    chosen = assignment.load("binary_mlp")
    with Gradebook.open(out) as book:
        identity = Identity("assignment 9", {q.id: "x" for q in chosen.questions})
        recorder = RunRecorder(book, chosen, identity, seed=7, tier="t", engine="local")
        recorder.attempt("zoe", Packed("zoe", "folder", (), "0" * 64), [Student("zoe", "Zoe Z")], None)
    assert run(str(out), "zoe") == 0
    said = capsys.readouterr().out
    assert said == "zoe (Zoe Z)\nNo grade: nothing that was handed in for this student has been graded yet.\n"
    assert run(str(out), "zoe", "--format", "html", "--to", str(tmp_path / "zoe.html")) == 0
    text = (tmp_path / "zoe.html").read_text()
    assert "has been graded yet" in text
    assert "<table" not in text


def test_the_page_is_inert():
    entries = history([a_grading(EVIL, [a_test("a", 1)])], [Event(1, START, None, "mark", EVIL, EVIL)])
    text = page(Student(EVIL, EVIL), entries, [EVIL], EVIL)
    assert "<img" not in text
    assert "&lt;img" in text
    assert "\u202e" not in text


@pytest.fixture
def out(tmp_path):
    runs = [{"ann": [a_test("a", 0)], EVIL: [a_test("a", 1)]}, {"ann": [a_test("a", 1)]}]
    folder = a_gradebook(tmp_path / "out", runs)
    with Gradebook.open(folder) as book:
        book.override("ann", None, 3, "=because", "Dr Who")
    return folder


def run(*arguments: str) -> int:
    parser = argparse.ArgumentParser()
    history_command.add_arguments(parser)
    return history_command.run(parser.parse_args(arguments))


def test_the_command_prints_the_whole_story_once(out, capsys):
    assert run(str(out), "ann") == 0
    said = capsys.readouterr().out
    assert said.startswith("ann\nCounts now: 3 points (tests and marks: 1 of 1), from ann\n")
    assert said.count("handed in") == 1
    assert said.count("  graded  ") == 2
    assert said.index("0 / 1") < said.index("1 / 1") < said.index("the total set to 3 by Dr Who: =because")


def test_the_command_writes_every_format(out, tmp_path, capsys):
    for kind in ("table", "csv", "html"):
        assert run(str(out), EVIL, "--format", kind, "--to", str(tmp_path / kind)) == 0
        text = (tmp_path / kind).read_text()
        assert "alert" in text
        assert "\u202e" not in text
    rows = list(csv.DictReader(io.StringIO((tmp_path / "csv").read_text())))
    assert {row["submission"][:2] for row in rows} == {"'@"}


def test_an_unknown_student_is_one_sentence_with_those_that_are_close(out):
    with pytest.raises(UsageError, match="ann"):
        run(str(out), "anne")
