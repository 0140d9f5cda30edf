"""Reports say what the result says, in every format, and whatever a submission wrote stays inert in them."""

import copy
import csv
import dataclasses
import io
import json
import os
import re
from pathlib import Path
from xml.etree import ElementTree as ET

import jsonschema
import pytest
from rich.console import Console

from harness import results
from harness.errors import UsageError
from harness.report import console, files, grades_csv, gradescope, junit, marks, text_report
from harness.results import HandMark, LeaderboardEntry, Picture, QuestionResult, SubmissionResult, TestResult

SCHEMA = json.loads((Path(files.__file__).parent / "results.schema.json").read_text())
HOSTILE = "\x1b[31m\u202e]]><script>alert(1)</script>\x00\ud800[red]=1+1"
INERT = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")


@pytest.fixture
def result():
    """One submission with every kind of thing that a report shows: 9.5 of 16 points, 4 more by hand."""
    tests = [
        TestResult("test_layer.py::test_sigmoid[0.0]", "1.2b", "Sigmoid is exact.", "public", "passed", 2, 2),
        TestResult("test_layer.py::test_sigmoid[1e3]", "1.2b", "Sigmoid is exact.", "public", "passed", 2, 2),
        TestResult(
            "test_layer.py::test_relu",
            "1.2b",
            "ReLU keeps shapes.",
            "public",
            "failed",
            0.5,
            3,
            hint="Compare with zero.",
            expected="0.0",
            got="-1.0",
            detail="at [0, 1]: largest error 1",
            trace="  hw2.py:12 in relu\n    return x",
            output="debug\nScore: 60 of 60\n",
            duration_s=0.25,
        ),
        TestResult(
            "hidden/test_layer.py::test_fresh_inputs[17]",
            "1.2b",
            "ReLU on fresh inputs.",
            "hidden",
            "failed",
            1,
            1,
            hint="SECRET hint",
            expected="SECRET 4",
            got="SECRET 5",
            detail="SECRET",
            trace="SECRET",
            output="SECRET",
            charged_to="test_layer.py::test_relu",
        ),
        TestResult("test_back.py::test_shapes", "1.2d", "Shapes agree.", "public", "not run", 0, 4),
        TestResult("hidden/test_back.py::test_grad", "1.2d", "Gradients agree.", "hidden", "passed", 4, 4),
        TestResult("test_bonus.py::test_memorise", "1.3f", "Memorises noise.", "public", "passed", 0, 0),
    ]
    return SubmissionResult(
        assignment="Threes against nines",
        submission="ada",
        seed=7,
        tier="bubblewrap",
        score=9.5,
        max_score=16,
        pending_points=4,
        tests=tests,
        questions=[
            QuestionResult("1.2b", "Layers", 5.5, 8),
            QuestionResult("1.2d", "Backward", 4, 8),
            QuestionResult("1.3e", "Patterns", 0, 0),
            QuestionResult("1.3f", "Noise", 0, 0, bonus=True),
        ],
        by_hand=[
            HandMark("cache", "1.2b", "What the cache holds", 1),
            HandMark("look", "1.3e", "Patterns seen", 3),
        ],
        pictures=[Picture("curves.png", "Loss")],
        leaderboard=[LeaderboardEntry("accuracy", 0.97)],
        notes=["The submission printed 3 lines."],
        started_at="2026-01-02T03:04:05Z",
        duration_s=2.5,
    )


@pytest.fixture
def hostile(result):
    """The same with poison in every text that a submission can influence."""
    result.submission = result.message = HOSTILE
    result.notes = [HOSTILE]
    result.leaderboard[0].name = result.by_hand[0].comment = HOSTILE
    result.by_hand[0].points = 1.0
    for test in result.tests:
        test.hint = test.expected = test.got = test.detail = test.trace = test.output = HOSTILE
        test.title += HOSTILE
    return result


@pytest.fixture
def fault(result):
    """The same where the grader itself failed in one test."""
    result.tests[4].status = result.status = results.GRADER_ERROR
    result.score = None
    return result


# results.json and its folder


def validate(result):
    jsonschema.Draft202012Validator(SCHEMA).validate(json.loads(json.dumps(result.to_dict())))


def test_schema_is_itself_valid():
    """The schema obeys JSON Schema 2020-12."""
    jsonschema.Draft202012Validator.check_schema(SCHEMA)


def test_every_result_validates(result, fault):
    """A graded result and one without a score both have the documented form."""
    validate(result)
    validate(fault)


@pytest.mark.parametrize(
    "change",
    [
        lambda r: setattr(r, "status", "passed"),
        lambda r: setattr(r.tests[0], "status", "ok"),
        lambda r: setattr(r, "score", "5"),
        lambda r: setattr(r.pictures[0], "file", "../x.png"),
        lambda r: setattr(r.tests[0], "visibility", "secret"),
        lambda r: setattr(r, "schema", 2),
    ],
)
def test_schema_refuses_what_it_does_not_document(result, change):
    """Unknown words, wrong types, paths and other versions don't validate."""
    change(result)
    with pytest.raises(jsonschema.ValidationError):
        validate(result)


@pytest.mark.parametrize(
    ("part", "cls"),
    [
        (SCHEMA, SubmissionResult),
        (SCHEMA["$defs"]["test"], TestResult),
        (SCHEMA["$defs"]["question"], QuestionResult),
        (SCHEMA["$defs"]["hand_mark"], HandMark),
        (SCHEMA["$defs"]["picture"], Picture),
        (SCHEMA["$defs"]["leaderboard_entry"], LeaderboardEntry),
    ],
)
def test_schema_documents_every_field(part, cls):
    """Each field of the data model has a description, and nothing else is allowed."""
    assert set(part["properties"]) == {field.name for field in dataclasses.fields(cls)}
    assert part["additionalProperties"] is False
    assert all(entry.get("description") for entry in part["properties"].values())
    assert set(part["required"]) <= set(part["properties"])


def test_schema_knows_every_status():
    """The words in the schema are the words in the code."""
    assert tuple(SCHEMA["properties"]["status"]["enum"]) == results.SUBMISSION_STATUSES
    assert tuple(SCHEMA["$defs"]["test"]["properties"]["status"]["enum"]) == results.TEST_STATUSES


def test_result_comes_back_from_its_folder(result, tmp_path):
    """What is written is what is read."""
    files.write_reports(result, tmp_path / "ada", {"curves.png": b"png"})
    assert files.read_result(tmp_path / "ada") == result


def test_folder_holds_the_reports_and_no_temporary_file(result, tmp_path):
    """Renaming leaves nothing behind."""
    files.write_reports(result, tmp_path, {"curves.png": b"png"})
    expected = {"curves.png", "gradescope.json", "junit.xml", "report.txt", "results.json"}
    assert {path.name for path in tmp_path.iterdir()} == expected
    assert (tmp_path / "curves.png").read_bytes() == b"png"


def test_results_json_is_renamed_last(result, tmp_path, monkeypatch):
    """Its presence means that all the others are there."""
    order = []
    rename = os.replace
    monkeypatch.setattr(os, "replace", lambda a, b: (order.append(Path(b).name), rename(a, b)))
    files.write_reports(result, tmp_path, {"curves.png": b"png"})
    assert order[-1] == "results.json"
    assert len(order) == 5


def test_interrupted_rewrite_leaves_no_results_json(result, tmp_path, monkeypatch):
    """A run that dies between two renames doesn't look finished."""
    files.write_reports(result, tmp_path, {"curves.png": b"png"})
    rename = os.replace

    def fail_at_report(source, target):
        if Path(target).name == "report.txt":
            raise OSError("disk")
        rename(source, target)

    monkeypatch.setattr(os, "replace", fail_at_report)
    with pytest.raises(OSError, match="disk"):
        files.write_reports(result, tmp_path)
    assert not (tmp_path / "results.json").exists()
    assert not list(tmp_path.glob(".*"))


def test_full_disk_keeps_the_earlier_report(result, tmp_path, monkeypatch):
    """Nothing old goes before everything new is written."""
    files.write_reports(result, tmp_path, {"curves.png": b"png"})

    def full(descriptor):
        raise OSError("full")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="full"):
        files.write_reports(result, tmp_path)
    assert files.read_result(tmp_path) == result
    assert not list(tmp_path.glob(".*"))


def test_leftovers_of_ours_go_and_other_files_stay(result, tmp_path):
    """Old pictures and temporary files are removed, an instructor's own picture is not."""
    files.write_reports(result, tmp_path, {"curves.png": b"png"})
    (tmp_path / ".backmark-dead.tmp").write_text("half")
    (tmp_path / "mine.png").write_text("mine")
    result.pictures = []
    files.write_reports(result, tmp_path)
    names = {path.name for path in tmp_path.iterdir()}
    assert names == {"mine.png", "gradescope.json", "junit.xml", "report.txt", "results.json"}


def test_listed_picture_survives_a_rewrite_without_bytes(result, tmp_path):
    """Entering hand marks later doesn't lose the pictures."""
    files.write_reports(result, tmp_path, {"curves.png": b"png"})
    files.write_reports(result, tmp_path)
    assert (tmp_path / "curves.png").read_bytes() == b"png"


@pytest.mark.parametrize("name", ["../x.png", "x.txt", ".hidden.png", "a/b.png", "results.json"])
def test_picture_name_must_be_plain(result, tmp_path, name):
    """A picture can't land elsewhere or on another report."""
    with pytest.raises(ValueError, match="picture's name"):
        files.write_reports(result, tmp_path, {name: b""})


def test_figures_that_are_not_finite_leave_the_leaderboard(result, tmp_path):
    """A diverged network costs its rank, not the report."""
    result.leaderboard = [LeaderboardEntry("loss", float("nan"), "asc"), LeaderboardEntry("accuracy", 0.5)]
    files.write_reports(result, tmp_path)
    assert "NaN" not in (tmp_path / "results.json").read_text()
    back = files.read_result(tmp_path)
    assert [entry.name for entry in back.leaderboard] == ["accuracy"]
    assert back.notes[-1] == "No leaderboard figure for loss: it came out as nan."


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (None, "cannot be read"),
        ("{", "is not JSON"),
        ("[]", "must have schema 1, got None"),
        ('{"schema": 9}', "must have schema 1, got 9"),
        ('{"schema": 1, "what": 2}', "has the wrong keys"),
    ],
)
def test_unreadable_result_is_one_sentence(tmp_path, content, message):
    """Whoever runs the command learns which file is at fault and what to do."""
    if content is not None:
        (tmp_path / "results.json").write_text(content)
    with pytest.raises(UsageError, match=message) as caught:
        files.read_result(tmp_path)
    assert "results.json" in str(caught.value)
    assert str(caught.value).endswith("grade this submission again")


# report.txt


def test_report_names_score_pending_marks_tier_and_seed(result):
    """The head says what the score is out of and what is still to come."""
    text = text_report.render(result)
    assert "9.5 of 16 points (4 of 20 points await marking by hand)" in text
    assert "bubblewrap" in text.split("Question")[0]
    assert "seed 7" in text
    assert "INSECURE" not in text


def test_insecure_tier_stands_at_the_head(result):
    """Nobody can miss that there was no sandbox."""
    result.tier = "insecure"
    assert "INSECURE" in text_report.render(result).splitlines()[1]


def test_report_is_at_most_100_columns_wide(result):
    """It prints without wrapping, however long the words."""
    for test in result.tests:
        test.title = test.hint = test.got = test.trace = test.output = test.detail = "word " * 60 + "x" * 400
    result.message = result.submission = result.assignment = "y" * 500
    result.questions[0].title = "z" * 300
    result.by_hand[0].title = "w" * 300
    assert max(map(len, text_report.render(result).splitlines())) <= 100


def test_missed_test_is_explained_in_order(result):
    """Hint, expected, got, detail, own frames, printed text."""
    text = text_report.render(result)
    parts = [
        "[1.2b] ReLU keeps shapes.",
        "failed, 2.5 of 3 points lost",
        "Hint: Compare",
        "Expected: 0.0",
        "Got:      -1.0",
        "largest error 1",
        "hw2.py:12",
        "| debug",
    ]
    places = [text.index(part) for part in parts]
    assert places == sorted(places)


def test_printed_lines_stand_behind_a_bar(result):
    """A submission that prints `Score: 60 of 60` doesn't forge a line of the report."""
    lines = [line for line in text_report.render(result).splitlines() if "Score: 60 of 60" in line]
    assert [line.strip() for line in lines] == ["| Score: 60 of 60"]


def test_long_printing_is_cut(result):
    """Ten lines of what it printed are enough."""
    result.tests[2].output = "\n".join(f"line {i}" for i in range(500))
    text = text_report.render(result)
    assert "| line 9\n" in text
    assert "| line 10\n" not in text
    assert "(and more)" in text


def test_same_mistake_is_named_and_not_charged_again(result):
    """A test that costs nothing says which test already did."""
    text = text_report.render(result)
    assert "failed, no points lost" in text
    assert "not charged again: the same mistake as “ReLU keeps shapes.”" in text


@pytest.mark.parametrize("render", [junit.render, lambda r: json.dumps(gradescope.render(r))])
def test_hidden_test_shows_students_its_title_and_hint_only(result, render):
    """Neither its inputs nor its values nor its name in the code reach a student."""
    hidden = next(t for t in result.tests if t.visibility == "hidden")
    hidden.hint = "Negative inputs give 0."
    text = render(result)
    assert "hidden test: ReLU on fresh inputs." in text
    assert "Negative inputs give 0." in text
    assert "SECRET" not in text
    assert "test_fresh_inputs" not in text
    assert "[17]" not in text


def test_report_tells_the_instructor_all_of_a_hidden_test(result):
    """report.txt is written for staff: it has the hint, the values and the submission's own frames."""
    hidden = next(t for t in result.tests if t.visibility == "hidden")
    text = text_report.render(result)
    assert "hidden test: ReLU on fresh inputs." in text
    for part in (hidden.hint, hidden.expected, hidden.got, hidden.trace):
        assert part.split("\n")[0] in text


def test_passed_cases_share_a_line(result):
    """Parametrised cases are counted, not listed."""
    text = text_report.render(result)
    assert "[1.2b] Sigmoid is exact. (2 cases)" in text
    assert "Tests that passed: 4 of 7" in text


def test_report_claims_no_more_than_what_ran(result):
    """Where only public tests ran, it says so."""
    result.tests = result.tests[:2]
    text = text_report.render(result)
    assert "Public tests passed. Hidden tests, if there are any, were not part of this run." in text
    assert "ll tests passed" not in text


def test_report_without_score_promises_no_zero(fault):
    """A fault of ours is called one."""
    text = text_report.render(fault)
    assert "Score:      none yet" in text
    assert "A fault of the grader, not of your code." in text


def test_report_lists_hand_marks_with_comments(result):
    """What a person marks stands at the end, marked or not."""
    result.by_hand[1].points, result.by_hand[1].comment = 2.0, "Nice."
    text = text_report.render(result)
    assert "What the cache holds: not marked yet, out of 1" in text
    assert "Patterns seen: 2 of 3" in text
    assert "Nice." in text


def test_report_of_an_empty_result_renders():
    """A refused submission has a report too."""
    text = text_report.render(SubmissionResult("a", "b", 0, "t", status="refused", message="too large"))
    assert "refused" in text
    assert "too large" in text


@pytest.mark.parametrize(
    ("value", "text"),
    [(5, "5"), (2.5, "2.5"), (-0.25, "-0.25"), (100, "100"), (1 / 3, "0.33"), (-0.0001, "0"), (0, "0")],
)
def test_numbers_have_no_trailing_zeros(value, text):
    """5 and 2.5, never 5.00 or 1e+02."""
    assert text_report.number(value) == text


# gradescope.json


def test_gradescope_sums_agree(result):
    """The tests' maxima and scores add up to the result's."""
    data = gradescope.render(result)
    assert data["score"] == 9.5 == sum(test["score"] for test in data["tests"])
    assert sum(test["max_score"] for test in data["tests"]) == result.max_score


def test_gradescope_counts_a_hand_mark_once_it_is_in(result):
    """A mark becomes a test of its own, and the sums still agree."""
    marked = marks.apply_marks(result, {("ada", "look"): (2.5, "Nice.")})
    data = gradescope.render(marked)
    assert data["score"] == 12 == sum(test["score"] for test in data["tests"])
    assert sum(test["max_score"] for test in data["tests"]) == marked.max_score == 19
    assert data["tests"][-1]["output"] == "Nice."


def test_gradescope_bonus_is_extra_credit(result):
    """A bonus test's maximum stays out of the total."""
    result.tests[-1].points, result.tests[-1].max_points = 2, 2
    result.score += 2
    data = gradescope.render(result)
    assert sum(test["max_score"] for test in data["tests"]) == result.max_score
    assert data["tests"][-1]["score"] == 2
    assert "bonus" in data["tests"][-1]["tags"]


def test_gradescope_visibility_follows_the_test(result):
    """Hidden tests appear with the published grades; none withholds the total for good."""
    data = gradescope.render(result)
    expected = ["visible" if t.visibility == "public" else "after_published" for t in result.tests]
    assert [test["visibility"] for test in data["tests"]] == expected
    assert "after_published" in expected
    assert data["stdout_visibility"] == "hidden"


def test_gradescope_uses_its_own_words_only(result):
    """Statuses, formats and orders are those that Gradescope knows; numbers are unique."""
    data = gradescope.render(result)
    assert {test["status"] for test in data["tests"]} == {"passed", "failed"}
    assert {test["output_format"] for test in data["tests"]} == {data["output_format"]} == {"text"}
    assert data["tests"][4]["extra_data"] == {"question": "1.2d", "status": "not run"}
    assert len({test["number"] for test in data["tests"]}) == len(data["tests"])
    assert data["leaderboard"] == [{"name": "accuracy", "value": 0.97, "order": "desc"}]
    assert data["execution_time"] == 2.5


def test_gradescope_gives_a_grader_error_no_number(fault):
    """Nothing is left that could be added up to a grade."""
    data = gradescope.render(fault)
    assert "score" not in data
    assert data["tests"]
    assert not any("score" in test or "max_score" in test for test in data["tests"])
    assert "status" not in data["tests"][4]
    assert data["output"].startswith("GRADER FAULT")


def test_gradescope_warns_of_an_insecure_tier(result):
    """The warning stands in the output that the student and the instructor see."""
    result.tier = "insecure"
    assert "INSECURE" in gradescope.render(result)["output"]


# junit.xml


def parse(text):
    return ET.fromstring(text.encode("utf-8"))


def test_junit_has_a_suite_for_each_question(result):
    """Suites are questions, and their counts add up."""
    root = parse(junit.render(result))
    names = [suite.get("name") for suite in root]
    assert names == ["1.2b Layers", "1.2d Backward", "1.3e Patterns", "1.3f Noise"]
    first = root[0]
    assert (first.get("tests"), first.get("failures"), first.get("skipped")) == ("4", "2", "0")
    assert (root.get("tests"), root.get("failures"), root.get("skipped")) == ("7", "2", "1")
    assert first.findall("testcase")[2].get("time") == "0.250"


def test_junit_cases_are_unique(result):
    """Readers key on class name and name: no two cases share both."""
    result.tests += [copy.deepcopy(result.tests[i]) for i in (0, 3, 3)]
    cases = list(parse(junit.render(result)).iter("testcase"))
    assert len({(case.get("classname"), case.get("name")) for case in cases}) == len(cases) == 10


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        ("failed", "failure"),
        ("crashed", "failure"),
        ("timed out", "failure"),
        ("out of memory", "failure"),
        ("refused", "failure"),
        ("not written", "skipped"),
        ("not run", "skipped"),
        ("grader error", "error"),
        ("passed", None),
    ],
)
def test_junit_verdict_follows_the_status(result, status, kind):
    """Failures are the student's, errors ours, and what never ran is skipped."""
    result.tests[2].status = status
    case = parse(junit.render(result))[0].findall("testcase")[2]
    assert [child.tag for child in case if child.tag != "system-out"] == ([kind] if kind else [])


def test_junit_explains_in_the_body(result):
    """The text of a failure is where every reader shows it."""
    body = parse(junit.render(result))[0].findall("testcase")[2].find("failure").text
    assert "0.5 of 3 points" in body
    assert "Hint: Compare with zero." in body


def test_junit_caps_what_was_printed(result):
    """At most 4,000 characters, also where cleaning makes the text longer."""
    result.tests[2].output = "\x07" * 10_000
    assert len(parse(junit.render(result))[0].findall("testcase")[2].find("system-out").text) == 4000


@pytest.mark.parametrize(("status", "kind"), [("refused", "failure"), ("grader error", "error")])
def test_junit_is_never_green_by_being_empty(status, kind):
    """A submission that couldn't be graded has a case that didn't pass."""
    root = parse(junit.render(SubmissionResult("a", "b", 0, "t", status=status, score=None)))
    assert root.find(f"testsuite/testcase/{kind}") is not None


# Hostile text


def test_hostile_text_is_inert_in_the_text_report(hostile):
    """No escape, bidi mark, NUL or surrogate reaches a terminal."""
    text = text_report.render(hostile)
    assert "\\u001b" in text
    assert not INERT.search(text)


def test_hostile_text_is_inert_in_junit(hostile):
    """The XML parses, and the markup in it is text."""
    text = junit.render(hostile)
    assert not INERT.search(text)
    root = parse(text)
    assert root.find(".//script") is None
    assert "]]><script>" in root[0].findall("testcase")[2].find("failure").text


def test_hostile_text_is_inert_in_gradescope(hostile):
    """Text is declared as plain text and holds no control characters, NUL least of all."""
    data = gradescope.render(hostile)

    def strings(value):
        if isinstance(value, str):
            yield value
        for part in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
            yield from strings(part)

    found = list(strings(data))
    assert any("<script>" in text for text in found)
    assert not any(INERT.search(text) for text in found)
    assert (data["test_output_format"], data["test_name_format"]) == ("text", "text")


def test_hostile_text_is_written_and_read(hostile, tmp_path):
    """Not even a lone surrogate stops the files from being written, all in valid UTF-8."""
    files.write_reports(hostile, tmp_path)
    for name in ("gradescope.json", "junit.xml", "report.txt", "results.json"):
        assert not INERT.search((tmp_path / name).read_bytes().decode("utf-8"))
    assert files.read_result(tmp_path) == hostile


# grades.csv


def row(name="ada", score=9.5, status="graded", **more):
    questions = {"1.2b": (5.5, 8.0), "1.2d": (4.0, 8.0)}
    return grades_csv.Row(name, score, 16, status, questions=questions, folder=Path("out") / "x", **more)


def test_grades_have_a_column_for_each_question(tmp_path):
    """Points by question, in the order asked for; blank where nothing is known."""
    grades_csv.write([row(), row("bo", None, "grader error")], tmp_path / "g.csv", ["1.2d", "1.2b", "9"])
    assert (tmp_path / "g.csv").read_bytes().decode("utf-8").split("\n") == [
        "submission,score,max_score,1.2d,1.2b,9",
        "ada,9.5,16,4,5.5,",
        "bo,,16,,,",
        "",
    ]
    assert [path.name for path in tmp_path.iterdir()] == ["g.csv"]


@pytest.mark.parametrize(
    "name",
    ["=1+1", "+cmd", "-x", "@SUM(A1)", "\t=1", "\r=1", " =1", "'=1", "''=1", "＝1", "-1e5", "-1+1", "\n=1"],
)
def test_formula_cells_are_disarmed_and_come_back(name):
    """A cell never begins a formula, and the text can be had back."""
    text = grades_csv.cell(name)
    assert text.startswith(("'", "\\u"))
    assert grades_csv.uncell(text) == grades_csv.cell(name).removeprefix("'")
    if "\r" not in name:
        assert grades_csv.uncell(text) == name


@pytest.mark.parametrize(
    ("value", "text"),
    [(-2.5, "-2.5"), ("-2.5", "-2.5"), ("ada", "ada"), ("'tis", "'tis"), (None, ""), (0.125, "0.125")],
)
def test_harmless_cells_stay(value, text):
    """A negative number is a number, and a quote is a quote."""
    assert grades_csv.cell(value) == text
    assert text == "" or grades_csv.uncell(text) == text


def test_hostile_names_stay_in_their_cell(tmp_path):
    """Neither commas, semicolons, quotes nor line breaks open a new cell."""
    name = 'a,b;=1"\n=2'
    grades_csv.write([row(name), row("b;=1"), row(HOSTILE)], tmp_path / "g.csv", ["1.2b"])
    text = (tmp_path / "g.csv").read_bytes().decode("utf-8")
    assert not INERT.search(text)
    for separator in ",;":
        cells = [cell for line in csv.reader(io.StringIO(text), delimiter=separator) for cell in line]
        assert not [cell for cell in cells if cell.startswith("=")]
    assert list(csv.reader(io.StringIO(text)))[1] == [name, "9.5", "16", "5.5"]


def test_row_of_a_result(result):
    """A row repeats the result's own figures, and shows no loss on a bonus."""
    result.questions[3].max_points, result.questions[3].points = 5, 1
    made = grades_csv.row_of(result, Path("out/ada"))
    assert (made.submission, made.score, made.max_score, made.status) == ("ada", 9.5, 16, "graded")
    assert (made.questions["1.2b"], made.questions["1.3f"]) == ((5.5, 8), (1, 1))


# The console


def printed(call, **options):
    out = io.StringIO()
    call(Console(file=out, **options))
    return out.getvalue()


def summary(rows, tier="bubblewrap", limit=40, **options):
    def call(to):
        console.class_summary(rows, folder=Path("out"), tier=tier, title="Nines", console=to, limit=limit)

    return printed(call, **options)


def test_summary_counts_and_averages():
    """Counts, mean and median leave out those without a score."""
    fault = row("d", None, "grader error", message="no memory")
    text = summary([row("a", 4), row("b", 8), row("c", 9), fault])
    assert "Submissions: 4 (3 graded, 1 grader error)" in text
    assert "Scores: mean 7, median 8, of 16" in text
    assert "Reports: out" in text
    assert "Sandbox tier: bubblewrap" in text
    assert "no memory" in text
    assert "1.2b: 2.5, 1.2d: 4" in text


@pytest.mark.parametrize("terminal", [False, True])
def test_summary_says_how_long_it_took(terminal):
    """Beside the counts, where that is known."""

    def call(to):
        console.class_summary([row()], folder=Path("out"), tier="t", took_s=71.6, console=to)

    told = printed(call, force_terminal=terminal, width=120, color_system=None)
    assert "Submissions: 1 (1 graded), in 1 min 12 s\n" in told
    assert "Submissions: 1 (1 graded)\n" in summary([row()])


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (0.2, "0 s"),
        (59.4, "59 s"),
        (59.6, "1 min 0 s"),
        (3599.4, "59 min 59 s"),
        (3600, "1 h 0 min"),
        (7500, "2 h 5 min"),
    ],
)
def test_durations_are_said_as_people_do(seconds, said):
    """Two units at most."""
    assert console.duration(seconds) == said


def test_summary_in_a_pipe_is_plain():
    """No colour, no boxes, no row broken, no line over 120 columns."""
    text = summary([row("n" * 300, 4), row("é")])
    assert text.replace("é", "e").isascii()
    assert max(map(len, text.splitlines())) <= 120
    assert sum("9.5 / 16" in line or "4 / 16" in line for line in text.splitlines()) == 2


def test_summary_survives_an_ascii_log():
    """A name with an accent doesn't stop the printing."""
    raw = io.BytesIO()
    to = Console(file=io.TextIOWrapper(raw, encoding="ascii"))
    console.class_summary([row("é")], folder=Path("out"), tier="t", console=to)
    to.file.flush()
    assert b"\\xe9" in raw.getvalue()


@pytest.mark.parametrize("terminal", [False, True])
def test_summary_prints_hostile_names_literally(terminal):
    """Markup is text, and escapes are spelled out."""
    text = summary([row("[red]x[/red]\x1b[2J[/]")], force_terminal=terminal, width=140, color_system=None)
    assert "[red]x[/red]\\u001b[2J[/]" in text
    assert "\x1b[2J" not in text


def test_summary_puts_trouble_first_and_fits_a_page():
    """Grader errors, refusals, then the lowest scores; the rest is counted."""
    rows = [row(f"s{i}", i) for i in range(9)] + [row("zz", 0, "refused"), row("yy", None, "grader error")]
    text = summary(rows, limit=4)
    names = [line.split()[0] for line in text.splitlines()[2:6]]
    assert names == ["yy", "zz", "s0", "s1"]
    assert "7 more, with higher scores, are in grades.csv" in text


@pytest.mark.parametrize("terminal", [False, True])
def test_summary_is_loud_about_an_insecure_tier(terminal):
    """The last line says that the scores can't be trusted."""
    text = summary([row()], tier="insecure", force_terminal=terminal, width=120)
    assert "INSECURE" in text.splitlines()[-1]


def test_summary_of_no_one():
    """An empty class is counted, not averaged."""
    text = summary([])
    assert "Submissions: 0" in text
    assert "mean" not in text


def run_progress(total, counts):
    def call(to):
        with console.progress(total, console=to) as advance:
            for count in counts:
                advance(count)

    return printed(call)


def test_progress_in_a_pipe_prints_every_tenth():
    """Two hundred submissions take ten lines."""
    lines = run_progress(200, [1] * 200).splitlines()
    assert lines == [f"graded {n} of 200" for n in range(20, 201, 20)]


def test_progress_in_a_pipe_reaches_the_end():
    """The last line always says that all are done, also for few."""
    assert run_progress(3, [1, 1, 1]).splitlines()[-1] == "graded 3 of 3"
    assert run_progress(23, [5] * 4 + [3]).splitlines()[-1] == "graded 23 of 23"
    assert run_progress(0, []) == ""


def test_progress_on_a_terminal_is_a_bar():
    """The bar counts, too."""

    def call(to):
        with console.progress(2, console=to) as advance:
            advance(2)

    assert "2/2" in printed(call, force_terminal=True, width=100)


# Hand marks


@pytest.fixture
def sheet(result, tmp_path):
    path = tmp_path / "marks.csv"
    marks.write_template(path, marks.rows_of(result))
    return path


HEADER = "submission,question,item,title,max_points,points,comment"


def test_template_has_a_row_for_each_item(sheet):
    """Blank marks beside what they are out of."""
    assert sheet.read_text().splitlines() == [
        HEADER,
        "ada,1.2b,cache,What the cache holds,1,,",
        "ada,1.3e,look,Patterns seen,3,,",
    ]
    assert marks.read_marks(sheet) == {("ada", "cache"): (None, ""), ("ada", "look"): (None, "")}


@pytest.mark.parametrize("end", ["\n", ""])
def test_template_is_completed_and_never_overwritten(result, sheet, end):
    """What an instructor wrote stays byte for byte; missing rows follow."""
    filled = f'\ufeff{HEADER}\r\nada,1.3e,look,Patterns,3,"2,5","Two\nlines"{end}'
    sheet.write_bytes(filled.encode())
    marks.write_template(sheet, marks.rows_of(result))
    assert sheet.read_bytes().startswith(filled.encode())
    assert marks.read_marks(sheet) == {("ada", "look"): (2.5, "Two\nlines"), ("ada", "cache"): (None, "")}
    before = sheet.read_bytes()
    marks.write_template(sheet, marks.rows_of(result))
    assert sheet.read_bytes() == before


def test_template_keeps_separator_and_order_of_columns(result, sheet):
    """Rows are added in the sheet's own dialect."""
    sheet.write_text("item;submission;question;title;max_points;points;comment\nlook;ada;1.3e;P;3;2,5;a,b\n")
    marks.write_template(sheet, marks.rows_of(result))
    assert sheet.read_text().splitlines()[2] == "cache;ada;1.2b;What the cache holds;1;;"
    assert marks.read_marks(sheet)["ada", "look"] == (2.5, "a,b")


@pytest.mark.parametrize("name", ["=1+1", "'=x", " padded ", "a,b;c", HOSTILE, "-5"])
def test_marks_find_their_submission_whatever_its_name(result, sheet, name):
    """Cells are safe to open, and still name the submission."""
    result.submission = name
    sheet.unlink()
    marks.write_template(sheet, marks.rows_of(result))
    first = list(csv.reader(io.StringIO(sheet.read_text())))[1]
    assert not first[0].startswith(("=", "\x1b"))
    sheet.write_text(sheet.read_text().replace("seen,3,,", "seen,3,2,"))
    assert marks.apply_marks(result, marks.read_marks(sheet)).score == 11.5
    before = sheet.read_bytes()
    marks.write_template(sheet, marks.rows_of(result))
    assert sheet.read_bytes() == before


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (f"{HEADER}\na,q,i,t,3,two,\n", "line 2: points must be a number or blank, got 'two'"),
        (f"{HEADER}\na,q,i,t,3,nan,\n", "line 2: points must be a number or blank, got 'nan'"),
        (f"{HEADER}\na,q,i,t,3,1e0,\n", "line 2: points must be a number or blank"),
        (f"{HEADER}\na,q,i,t,?,1,\n", r"line 2: max_points must be a number or blank, got '\?'"),
        (f"{HEADER}\n\na,q,i,t,3,4,\n", "line 3: points must be at most 3, got 4: lower the mark"),
        (f"{HEADER}\na,q,i,t,3,-1,\n", "line 2: points must not be negative, got -1"),
        (f'{HEADER}\nb,q,i,t,3,1,"x\ny"\na,q,i,t,3,x,\n', "line 4: points"),
        (
            f"{HEADER}\na,q,i,t,3,1,\nb,q,i,t,3,1,\na,q,i,t,3,2,\n",
            "line 4: item 'i' of 'a' is already on line 2",
        ),
        (f"{HEADER}\na,q,i,t,3,2,5,\n", "line 2: it has 8 cells for 7 columns: put quotes"),
        (f"{HEADER}\n,q,i,t,3,2,\n", "line 2: submission and item must be given"),
        (f'{HEADER}\na,q,i,t,3,1,"open\n', "line 2: it is not CSV .*: check its quotes"),
        (f"{HEADER},grade\n", "line 1: unknown column 'grade': the columns must be submission,question"),
        (f"{HEADER},points\n", "line 1: a column stands there twice"),
        ("submission,question\n", "line 1: column 'item' is missing: the columns must be"),
        ("", "line 1: column 'submission' is missing"),
        (b"\xff\xfe", "is not UTF-8: save it again as CSV UTF-8"),
        (None, "cannot be read"),
    ],
)
def test_each_mistake_in_the_sheet_is_one_sentence(tmp_path, content, message):
    """File, line, rule, value and mend."""
    path = tmp_path / "marks.csv"
    if content is not None:
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(UsageError, match=message) as caught:
        marks.read_marks(path)
    assert "marks.csv" in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("cell", "points"),
    [("2.5", 2.5), ('"2,5"', 2.5), (" 2 ", 2.0), ("0", 0.0), (".5", 0.5), ("", None), ("  ", None)],
)
def test_marks_are_read_as_people_write_them(tmp_path, cell, points):
    """A decimal comma, blanks, zero; and blank is not marked yet."""
    path = tmp_path / "marks.csv"
    path.write_text(f"{HEADER}\na,q,i,t,3,{cell},ok\n")
    assert marks.read_marks(path) == {("a", "i"): (points, "ok")}


def test_marks_move_points_from_pending_to_score(result):
    """Score, maximum, question and pending points move together."""
    marked = marks.apply_marks(result, {("ada", "look"): (2.5, "Nice."), ("bo", "look"): (1.0, "")})
    assert (marked.score, marked.max_score, marked.pending_points) == (12, 19, 1)
    assert (marked.questions[2].points, marked.questions[2].max_points) == (2.5, 3)
    assert (marked.by_hand[1].points, marked.by_hand[1].comment) == (2.5, "Nice.")
    assert marked.by_hand[0].points is None
    validate(marked)


def test_marks_leave_the_given_result_alone(result):
    """A copy is changed."""
    before = copy.deepcopy(result)
    marks.apply_marks(result, {("ada", "look"): (2.5, "")})
    assert result == before


def test_marks_are_idempotent(result):
    """Twice is once."""
    given = {("ada", "look"): (0.1, ""), ("ada", "cache"): (0.2, "x")}
    once = marks.apply_marks(result, given)
    assert marks.apply_marks(once, given) == once
    assert once.score == 9.8


def test_marks_can_be_changed_and_taken_back(result):
    """The last state of the sheet counts, however many came before."""
    first = marks.apply_marks(result, {("ada", "look"): (3.0, "")})
    assert marks.apply_marks(first, {("ada", "look"): (1.0, "")}).score == 10.5
    assert marks.apply_marks(first, {("ada", "look"): (None, "")}) == result


def test_marks_for_a_bonus_do_not_raise_the_maximum(result):
    """Points on top stay on top."""
    result.by_hand.append(HandMark("extra", "1.3f", "More", 2))
    marked = marks.apply_marks(result, {("ada", "extra"): (2.0, "")})
    assert (marked.score, marked.max_score, marked.pending_points) == (11.5, 16, 4)
    assert sum(test["max_score"] for test in gradescope.render(marked)["tests"]) == 16


def test_marks_make_no_score_out_of_a_grader_error(fault):
    """A mark doesn't hide that the rest is unknown."""
    marked = marks.apply_marks(fault, {("ada", "look"): (2.0, "")})
    assert marked.score is None
    assert marked.by_hand[1].points == 2


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({("ada", "look"): (3.5, "")}, "item 'look' of 'ada' must have at most 3 points, got 3.5"),
        ({("ada", "lok"): (1.0, "")}, "item 'lok' of 'ada' isn't marked by hand"),
    ],
)
def test_marks_that_do_not_fit_are_refused(result, given, message):
    """A mark is never dropped or cut in silence."""
    with pytest.raises(UsageError, match=message):
        marks.apply_marks(result, given)


def test_marks_for_unknown_submissions_are_found():
    """A spreadsheet that took 007 for a number is noticed."""
    given = {("7", "look"): (1.0, ""), ("ada", "look"): (1.0, ""), ("8", "look"): (None, "")}
    assert marks.unknown_submissions(given, ["007", "ada"]) == ["7"]


def test_every_machine_readable_report_names_the_tier(result):
    """How strong the boundary was stands in each form of the report."""
    result.tier = "INSECURE: resource limits only"
    assert 'name="tier" value="INSECURE: resource limits only"' in junit.render(result)
    assert gradescope.render(result)["extra_data"]["tier"] == result.tier
    assert result.to_dict()["tier"] == result.tier
    assert "INSECURE" in text_report.render(result).split("\n\n")[0]
