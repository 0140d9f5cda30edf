"""What PrairieLearn, GitHub and tables get: right figures, nothing of hidden tests, nothing that is markup."""

import argparse
import base64
import csv
import io
import json
import re
import sys
from collections import Counter
from xml.etree import ElementTree as ET

import pytest

from harness import cli
from harness.errors import GraderFault, UsageError
from harness.exports import classroom, command, graded, junit_class, prairielearn, student_view, tests_table
from harness.exports.output import put
from harness.gradebook.records import Student
from harness.report import junit, text_report
from harness.report.files import read_result
from tests.harness.conftest import TINY_ROOT
from tests.harness.exported import (
    HOSTILE,
    PNG,
    SECRET,
    class_folder,
    faulty_result,
    grade_of,
    hostile_result,
    result_of,
)

PICTURES = {"curves.png": PNG, "mistakes.png": PNG}
RESULTS = [result_of, hostile_result, faulty_result]
INERT = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\ud800-\udfff]")


def exported(*arguments, root=TINY_ROOT):
    """Run `export` as the command line does."""
    parser = argparse.ArgumentParser()
    command.add_arguments(parser)
    options = parser.parse_args([str(a) for a in arguments])
    options.root = root
    return command.run(options)


@pytest.fixture
def github(tmp_path, monkeypatch):
    """The files that a GitHub runner names."""
    for name in ("OUTPUT", "STEP_SUMMARY"):
        path = tmp_path / f"GITHUB_{name}"
        path.write_text("before\n")
        monkeypatch.setenv(f"GITHUB_{name}", str(path))
    return tmp_path


@pytest.fixture
def book(monkeypatch):
    """Grades in place of a gradebook: Ada, and Bob who handed the same in with her."""
    members = [grade_of(Student("ada", "=Ada", section="L1"), submission="ada")]
    members += [grade_of(Student("bob"), submission="ada")]
    monkeypatch.setattr(graded, "grades", lambda out: (members, 60.0))
    return members


def plain_tests(schema_keys, tests):
    return all(set(test) == schema_keys for test in tests)


# PrairieLearn


def test_prairielearn_score_is_a_share_and_every_test_has_points():
    """5.5 of 9; a bonus test is out of 0."""
    result = result_of()
    result.tests[4].max_points = 2.0  # what a bonus test gives, as its marker says
    data = prairielearn.render(result, PICTURES)
    assert data["gradable"] is True
    assert data["score"] == pytest.approx(5.5 / 9, abs=1e-6)
    keys = {"name", "description", "points", "max_points", "message", "output"}
    assert plain_tests(keys, data["tests"])
    assert [(t["points"], t["max_points"]) for t in data["tests"]] == [
        (2, 2),
        (2, 2),
        (0.5, 3),
        (0, 1),
        (0.5, 0),
    ]
    assert [i["label"] for i in data["images"]] == ["Loss", "Mistakes"]
    assert base64.b64decode(data["images"][0]["url"].removeprefix("data:image/png;base64,")) == PNG


def test_prairielearn_score_never_leaves_0_to_1():
    """Bonus points do not lift it above, and an assignment of nothing but hand marks is no division by 0."""
    assert prairielearn.render(result_of(score=12.0), {})["score"] == 1.0
    assert prairielearn.render(result_of(score=0.0, max_score=0.0), {})["score"] == 0.0


def test_prairielearn_refused_is_not_gradable():
    """No attempt is used up, and the reason is told."""
    data = prairielearn.render(result_of(status="refused", score=0.0, message="no hw2.py in it"), {})
    assert data["gradable"] is False
    assert "score" not in data and "tests" not in data
    assert data["format_errors"] == ["no hw2.py in it"]


def test_prairielearn_fault_of_ours_is_not_gradable_and_tells_no_internals():
    """The text of a fault may quote a hidden test."""
    data = prairielearn.render(faulty_result(), PICTURES)
    assert data["gradable"] is False
    assert SECRET not in json.dumps(data)


def test_prairielearn_file_keeps_its_limit():
    """Pictures go first, the last one first; then outputs are cut; the score stays."""
    result = result_of()
    big = {"curves.png": PNG * 300, "mistakes.png": PNG * 12_000}
    data = json.loads(prairielearn.encoded(result, big))
    assert [i["label"] for i in data["images"]] == ["Loss"]
    assert data["message"].endswith("Some pictures are left out here: they would not fit.")
    result.tests[2].hint = "x" * 900
    result.tests = [result.tests[2]] * 400
    whole = prairielearn.encoded(result, big, limit=200_000)
    data = json.loads(whole)
    assert len(whole) <= 200_000
    assert data["images"] == [] and len(data["tests"]) == 400
    assert data["score"] == pytest.approx(5.5 / 9, abs=1e-6)
    assert 0 < max(len(t["output"]) for t in data["tests"]) < 500
    tiny = prairielearn.encoded(result, big, limit=1000)
    assert len(tiny) <= 1000 and json.loads(tiny)["score"] > 0


def test_prairielearn_of_a_class_and_of_one(tmp_path, capfd):
    """A folder with results.json for each, or one file."""
    out = class_folder(tmp_path / "out", [result_of("ada"), result_of("bob", score=9.0)])
    assert exported("prairielearn", out, "--to", tmp_path / "pl") == 0
    assert json.loads((tmp_path / "pl" / "bob" / "results.json").read_text())["score"] == 1.0
    assert len(json.loads((tmp_path / "pl" / "ada" / "results.json").read_text())["images"]) == 2
    capfd.readouterr()
    assert exported("prairielearn", out, "ada") == 0
    assert json.loads(capfd.readouterr().out)["gradable"] is True


def test_submission_must_be_there(tmp_path):
    """An unknown name, or none where there are two, is one sentence."""
    out = class_folder(tmp_path / "out", [result_of("ada"), result_of("bob")])
    with pytest.raises(UsageError, match="holds no submission 'eve'; it holds ada, bob"):
        exported("prairielearn", out, "eve")
    with pytest.raises(UsageError, match="holds 2 submissions: name one of ada, bob"):
        exported("classroom", out)
    with pytest.raises(UsageError, match=r"holds no submission '\.\./x'"):
        exported("classroom", out, "../x")
    with pytest.raises(UsageError, match="holds no graded submission"):
        exported("classroom", tmp_path / "none")


def test_prairielearn_container_grades_and_writes_in_one_go(tmp_path):
    """What lies in the student's folder, to the file that PrairieLearn reads; its folder is made."""
    (tmp_path / "student").mkdir()
    source = (TINY_ROOT / "reference" / "tiny" / "solution.py").read_text()
    (tmp_path / "student" / "solution.py").write_text(source.replace("return 2 *", "return 3 *"))
    to = tmp_path / "results" / "results.json"
    arguments = ("prairielearn", "--grade", "tiny", "--from", tmp_path / "student", "--to", to)
    assert exported(*arguments, root=TINY_ROOT) == 0
    assert json.loads(to.read_text())["score"] == 0.7
    (tmp_path / "student" / "solution.py").unlink()
    assert exported(*arguments, root=TINY_ROOT) == 0
    data = json.loads(to.read_text())
    assert data["gradable"] is False and "solution.py" in data["format_errors"][0]


def test_prairielearn_container_says_with_its_exit_code_that_the_grader_failed(tmp_path, monkeypatch):
    """No attempt is used up, and nothing of an earlier run is left."""

    def fault(assignment, path, name):
        return faulty_result(), {}

    monkeypatch.setattr("harness.exports.one_submission.grade_alone", fault)
    to = tmp_path / "results.json"
    to.write_text("earlier")
    assert exported("prairielearn", "--grade", "tiny", "--from", tmp_path, "--to", to, root=TINY_ROOT) == 3
    assert json.loads(to.read_text())["gradable"] is False


def test_prairielearn_container_without_a_submission_is_one_sentence_and_makes_nothing(tmp_path, capsys):
    """Nobody handed anything in: that is no student's fault, and no result."""
    to = tmp_path / "grade" / "results" / "results.json"
    source = tmp_path / "grade" / "student"
    arguments = ["export", "prairielearn", "--grade", "tiny", "--from", str(source), "--to", str(to)]
    assert cli.main(["--root", str(TINY_ROOT), *arguments]) == 2
    assert f"{source} does not exist: name what was handed in with --from" in capsys.readouterr().err
    assert not list(tmp_path.iterdir())


# GitHub


def test_classroom_result_is_the_reporters_version_3():
    """Points by test, a place in the student's file, at most 500 characters of output."""
    result = result_of()
    result.tests[2].output = "x" * 5000
    line = classroom.output_line(result)
    name, _, encoded = line.partition("=")
    data = json.loads(base64.b64decode(encoded))
    assert name == "result" and line.count("\n") == 1
    assert {k: data[k] for k in ("version", "status", "max_score")} == {
        "version": 3,
        "status": "fail",
        "max_score": 9,
    }
    keys = "name status message test_code task_id filename line_no duration score output"
    assert plain_tests({*keys.split()}, data["tests"])
    assert [t["status"] for t in data["tests"]] == ["pass", "pass", "fail", "fail", "pass"]
    assert sum(t["score"] for t in data["tests"]) == 5.0
    assert (data["tests"][2]["filename"], data["tests"][2]["line_no"]) == (
        "hw2.py",
        12,
    )  # not 3, where it was called
    assert max(len(t["output"]) for t in data["tests"]) == 500


def test_classroom_status_is_pass_or_error_as_it_should():
    """All passed; a fault of ours; refused."""
    good = result_of()
    good.tests = good.tests[:2]
    assert classroom.render(good)["status"] == "pass"
    assert classroom.render(faulty_result())["status"] == "error"
    assert classroom.render(result_of(status="refused", tests=[]))["status"] == "fail"


def test_annotations_point_at_the_students_line_and_escape_everything():
    """Per cents, line breaks, colons and commas are GitHub's own codes."""
    result = result_of()
    result.tests[2].trace = "my,dir:1/hw%2.py, line 12, in relu\n    return x"
    lines = classroom.annotations(result)
    assert lines[0].startswith(
        "::error file=my%2Cdir%3A1/hw%252.py,line=12,title=1.2b%3A Two is two.::failed%0A"
    )
    assert "100%25, sure." in lines[0]
    assert lines[1].startswith("::error title=1.2d%3A hidden test%3A Fresh inputs.::")
    assert len(lines) == 2


def test_annotations_of_hostile_text_are_one_command_each():
    """No line break, and no second command, comes out of a submission's text."""
    for line in classroom.annotations(hostile_result()):
        assert "\n" not in line and "\r" not in line
        assert line.startswith("::error ") and not INERT.search(line)


def test_no_more_annotations_than_github_shows():
    """The rest is counted; those that point into a file come first."""
    result = result_of()
    result.tests = [result.tests[3]] * 12 + [result.tests[2]]
    lines = classroom.annotations(result)
    assert len(lines) == 11
    assert lines[0].startswith("::error file=hw2.py,line=12")
    assert lines[-1] == "3 more tests did not pass: see the summary."


def test_unwritten_work_is_not_annotated():
    """A stub is no error; the summary lists it."""
    result = result_of()
    result.tests[2].status = "not written"
    assert not any("Two is two" in line for line in classroom.annotations(result))
    assert "Two is two" in classroom.summary(result)


def test_annotations_name_files_as_they_lie_in_the_checkout(tmp_path):
    """One file of that name is meant; with two, the name stays as it is. Links are not followed."""
    (tmp_path / "src").mkdir()
    (tmp_path / "src" / "hw2.py").write_text("")
    (tmp_path / "src" / "hw.py").symlink_to("/etc/passwd")
    locate = classroom.locator(tmp_path, ["hw2.py", "hw.py"])
    assert (locate("hw2.py"), locate("hw.py"), locate("other.py")) == ("src/hw2.py", "hw.py", "other.py")
    (tmp_path / "hw2.py").write_text("")
    assert classroom.locator(tmp_path, ["hw2.py"])("hw2.py") == "hw2.py"


def test_summary_shows_tables_and_hostile_text_is_no_markup():
    """Nothing of a submission's can end a cell, link, mention or be HTML."""
    text = classroom.summary(result_of())
    assert "| 1&#46;2b Layers | 5 | 8 |" in text
    assert "Tests that passed: 3 of 5." in text
    text = classroom.summary(hostile_result())
    entities = re.sub(r"&#\d+;", "", text)
    assert not re.search(r"[<>`@*\[\]\\_]", entities)
    assert not INERT.search(entities)
    for row in (line for line in text.splitlines() if line.startswith("| ")):
        assert row.count("|") in (4, 5)


def test_summary_is_cut_before_github_drops_it():
    """Thousands of long failures end in a sentence."""
    result = result_of()
    result.tests[2].hint = "é" * 900
    result.tests = [result.tests[2]] * 5000
    text = classroom.summary(result)
    assert len(text.encode()) < 1 << 20
    assert "More tests did not pass than fit here." in text


def test_classroom_appends_to_githubs_files(github, capsys):
    """What stands in them stays; the annotations are printed."""
    out = class_folder(github / "out", [result_of()])
    assert exported("classroom", out, "--feedback", github / "feedback") == 0
    output, summary = ((github / f"GITHUB_{n}").read_text() for n in ("OUTPUT", "STEP_SUMMARY"))
    assert re.fullmatch(r"before\nresult=[A-Za-z0-9+/=]+\n", output)
    assert summary.startswith("before\n### ")
    assert capsys.readouterr().out.startswith("::error file=hw2.py,line=12,")
    report = (github / "feedback" / "report.txt").read_text()
    assert "hidden test: Fresh inputs." in report and "Hint: Sum over the rows." in report
    ET.parse(github / "feedback" / "junit.xml")


def test_classroom_without_github_prints_the_json(tmp_path, capsys, monkeypatch):
    """To look at by hand."""
    for name in ("GITHUB_OUTPUT", "GITHUB_STEP_SUMMARY"):
        monkeypatch.delenv(name, raising=False)
    assert exported("classroom", class_folder(tmp_path, [result_of()]), "ada") == 0
    assert json.loads(capsys.readouterr().out)["version"] == 3


# What students may read


@pytest.mark.parametrize("make", RESULTS)
@pytest.mark.parametrize(
    "render",
    [
        lambda r: json.dumps(prairielearn.render(r, PICTURES)),
        lambda r: json.dumps(classroom.render(r)),
        lambda r: classroom.summary(r),
        lambda r: "\n".join(classroom.annotations(r)),
        lambda r: text_report.render(student_view.redacted(r)),
        lambda r: junit.render(student_view.redacted(r)),
    ],
)
def test_students_see_nothing_of_what_hidden_tests_expect(make, render):
    """Title and hint; neither values, nor prints, nor frames, nor what went wrong on our side."""
    result = make()
    for test in result.tests:
        if test.visibility == "hidden":
            test.expected = test.got = test.detail = test.trace = test.output = SECRET
            test.id += f"[{SECRET}]"
    text = render(result)
    assert SECRET not in text
    assert "\x1b" not in text and "\u202e" not in text


def test_redacted_report_still_tells_public_values():
    """What a public test expected is what the student needs."""
    text = text_report.render(student_view.redacted(result_of()))
    assert "Expected: 0.0" in text
    assert "seed" not in text


# Tables


def test_class_junit_has_unique_names_and_a_suite_for_each_question(tmp_path, capsys):
    """Two submissions with the same tests do not share a case."""
    out = class_folder(tmp_path, [result_of("ada"), result_of("a.d"), faulty_result("eve")])
    assert exported("junit", out, "--to", tmp_path / "class.xml") == 0
    root = ET.parse(tmp_path / "class.xml").getroot()
    cases = [(c.get("classname"), c.get("name")) for c in root.iter("testcase")]
    assert max(Counter(cases).values()) == 1 and len(cases) == 16
    assert cases[0] == ("binary_mlp.a_d.1_2b", "One is one. [0.0]")
    names = [s.get("name") for s in root]
    assert names[:3] == ["a.d: 1.2b Layers", "a.d: 1.2d Backward", "a.d: 1.3 Noise"]
    assert [s.get("failures") for s in root][:2] == ["1", "1"]
    assert root.tag == "testsuites"


def test_class_junit_of_hostile_results_is_xml():
    """Whatever a submission wrote is text in it."""
    text = "".join(junit_class.chunks([hostile_result(HOSTILE)], HOSTILE))
    ET.fromstring(text.encode("utf-8", "strict"))
    assert "<script>" not in text


def test_csv_has_a_line_for_each_student_and_test(tmp_path, book, capsys):
    """Members of a group each have theirs; marks by hand that are missing are blank; no cell is a formula."""
    out = class_folder(tmp_path, [result_of("ada")])
    assert exported("csv", out) == 0
    rows = list(csv.DictReader(io.StringIO(capsys.readouterr().out)))
    assert tuple(rows[0]) == tests_table.COLUMNS
    assert len(rows) == 12
    assert [r["student"] for r in rows] == ["ada"] * 6 + ["bob"] * 6
    assert rows[0]["name"] == "'=Ada" and rows[0]["section"] == "L1"
    assert (rows[2]["points"], rows[2]["max_points"], rows[2]["status"]) == ("0.5", "3", "failed")
    assert (rows[5]["test"], rows[5]["status"], rows[5]["points"]) == ("by hand: cache", "not marked", "")
    assert sum(float(r["points"] or 0) for r in rows if r["student"] == "ada") == 5.0


def test_csv_gives_no_points_for_a_fault_of_ours(tmp_path):
    """A result without a score has none by test either."""
    rows = list(tests_table.rows([grade_of("eve")], lambda grade: faulty_result()))
    assert {r.points for r in rows} == {None}


def test_parquet_says_the_same_as_csv(tmp_path, book):
    """Typed, one row a test."""
    from pyarrow import parquet

    out = class_folder(tmp_path, [result_of("ada")])
    assert exported("parquet", out) == 0
    table = parquet.read_table(out / "tests.parquet")
    expected = list(tests_table.rows(book, lambda g: read_result(out / g.submission)))
    assert table.to_pylist() == [vars(row) for row in expected]
    assert str(table.schema.field("points").type) == "double"
    assert str(table.schema.field("memory_mib").type) == "int64"


def test_parquet_of_nobody_has_its_columns(tmp_path):
    """An empty class is an empty table."""
    from pyarrow import parquet

    assert tests_table.write_parquet([], tmp_path / "none.parquet") == 0
    assert tuple(parquet.read_table(tmp_path / "none.parquet").column_names) == tests_table.COLUMNS


def test_parquet_without_pyarrow_is_one_sentence(tmp_path, book, monkeypatch):
    """It says what to install, and leaves no half file."""
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    out = class_folder(tmp_path, [result_of("ada")])
    with pytest.raises(UsageError, match="needs the package pyarrow: "):
        exported("parquet", out)
    assert not list(out.glob("*.parquet")) and not list(out.glob(".backmark*"))


def test_output_that_cannot_be_written_is_one_sentence(tmp_path):
    """The file is named."""
    out = class_folder(tmp_path / "out", [result_of("ada")])
    (tmp_path / "file").write_text("")
    with pytest.raises(UsageError, match=r"class\.xml cannot be written"):
        exported("junit", out, "--to", tmp_path / "file" / "class.xml")


def test_a_file_that_cannot_be_finished_leaves_the_earlier_one(tmp_path):
    """Neither half a file nor a temporary one."""
    (tmp_path / "a.csv").write_text("earlier")

    def broken():
        yield "half"
        raise GraderFault("no more")

    with pytest.raises(GraderFault):
        put(broken(), tmp_path / "a.csv")
    assert [(p.name, p.read_text()) for p in tmp_path.iterdir()] == [("a.csv", "earlier")]


def test_canvas_command_writes_the_sheet_and_tells_on_stderr(tmp_path, book, capsys):
    """The sheet goes to a file, each note to a line."""
    sheet = tmp_path / "canvas.csv"
    sheet.write_text("Student,ID,SIS Login ID,Section,HW (1)\nPoints Possible,,,,60\nA,1,ada,,\nE,2,eve,,\n")
    assert exported("canvas", tmp_path, "--sheet", sheet, "--column", "HW", "--to", tmp_path / "new.csv") == 0
    assert (tmp_path / "new.csv").read_text() == sheet.read_text().replace("ada,,", "ada,,41.50")
    told = capsys.readouterr()
    assert told.out == ""
    assert told.err.splitlines() == [
        f"{sheet}: bob has a grade, but no row in the sheet",
        f"{sheet}: E has no grade here: left as it is",
        f"filled in 1 grade: {tmp_path / 'new.csv'}",
    ]


SHEET = "Student,ID,SIS Login ID,Section,HW (1)\nPoints Possible,,,,60\nA,1,ada,,\nE,2,bob,,\n"
WORKSHEET = "Identifier,Full name,Grade,Maximum Grade\nParticipant 1,ada,,60\nParticipant 2,bob,,60\n"


@pytest.mark.parametrize(("kind", "text"), [("canvas", SHEET), ("moodle", WORKSHEET)])
def test_a_sheet_is_never_written_over(tmp_path, book, kind, text):
    """It is the only copy of what stood in it, by whatever name it is called."""
    sheet = tmp_path / "sheet.csv"
    sheet.write_text(text)
    (tmp_path / "link.csv").symlink_to(sheet)
    more = ["--column", "HW"] if kind == "canvas" else []
    for name in ("sheet.csv", "link.csv", "../" + tmp_path.name + "/sheet.csv"):
        with pytest.raises(UsageError, match=r"--to and --sheet are both .*: name another file with --to"):
            exported(kind, tmp_path, "--sheet", sheet, *more, "--to", tmp_path / name)
    assert sheet.read_text() == text


@pytest.mark.parametrize(("kind", "text"), [("canvas", SHEET), ("moodle", WORKSHEET)])
def test_a_sheet_of_another_class_is_not_written_and_the_exit_code_says_so(
    tmp_path, book, capsys, kind, text
):
    """The sentence comes last, behind who has no row."""
    sheet = tmp_path / "sheet.csv"
    sheet.write_text(text.replace("ada", "xyz").replace("bob", "abc"))
    more = ["--column", "HW"] if kind == "canvas" else []
    assert exported(kind, tmp_path, "--sheet", sheet, *more, "--to", tmp_path / "new.csv") == 1
    assert not (tmp_path / "new.csv").exists()
    told = capsys.readouterr()
    assert told.err.splitlines()[-1].startswith(f"nobody of {tmp_path} is in {sheet}: nothing was written; ")
    assert exported(kind, tmp_path, "--sheet", sheet, *more) == 1
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize(("kind", "text"), [("canvas", SHEET), ("moodle", WORKSHEET)])
def test_a_partly_graded_class_is_exported_with_one_line_of_warning(tmp_path, book, capsys, kind, text):
    """A grade out of 20 in a column out of 60."""
    book[1] = grade_of("bob", 20, max_score=20.0)
    sheet = tmp_path / "sheet.csv"
    sheet.write_text(text)
    more = ["--column", "HW"] if kind == "canvas" else []
    assert exported(kind, tmp_path, "--sheet", sheet, *more, "--to", tmp_path / "new.csv") == 0
    lines = capsys.readouterr().err.splitlines()
    assert [line for line in lines if line.startswith("warning: ")] == [
        "warning: 1 grade is of work that is only partly graded (bob, out of 20 of 60 points): "
        "grade all questions first, then export again"
    ]


def test_a_class_that_was_graded_is_exported(tmp_path, capsys):
    """From `grade` to Canvas, CSV and JUnit, by way of the gradebook."""
    source = (TINY_ROOT / "reference" / "tiny" / "solution.py").read_text()
    for name, text in (("ada", source), ("bob", source.replace("return 2 *", "return 3 *"))):
        (tmp_path / "class" / name).mkdir(parents=True)
        (tmp_path / "class" / name / "solution.py").write_text(text)
    out, sheet = tmp_path / "out", tmp_path / "canvas.csv"
    assert (
        cli.main(["--root", str(TINY_ROOT), "grade", "tiny", str(tmp_path / "class"), "--out", str(out)]) == 0
    )
    sheet.write_text("Student,ID,SIS Login ID,Section,HW (1)\nPoints Possible,,,,10\nA,1,ada,,\nB,2,bob,,\n")
    capsys.readouterr()
    assert exported("canvas", out, "--sheet", sheet, "--column", "1", "--to", tmp_path / "new.csv") == 0
    assert (tmp_path / "new.csv").read_text().splitlines()[2:] == ["A,1,ada,,10.00", "B,2,bob,,7.00"]
    assert exported("csv", out, "--to", tmp_path / "tests.csv") == 0
    rows = list(csv.DictReader((tmp_path / "tests.csv").open()))
    assert len(rows) == 20 and sum(float(r["points"]) for r in rows) == 17
    assert exported("junit", out, "--to", tmp_path / "class.xml") == 0
    assert len(list(ET.parse(tmp_path / "class.xml").iter("failure"))) == 3


def test_help_lists_every_format(capsys):
    """`export --help` is a table of contents."""
    with pytest.raises(SystemExit):
        exported("--help")
    told = capsys.readouterr().out
    for name in ("gradescope", "canvas", "moodle", "prairielearn", "classroom", "junit", "csv", "parquet"):
        assert f"    {name}" in told
