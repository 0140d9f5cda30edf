"""Sheets of Canvas and Moodle: one column is filled in, everything else stays, and nobody's row is guessed."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.errors import UsageError
from harness.exports import canvas, moodle, sheets
from harness.exports.filling import fill, partly_graded
from harness.exports.matching import Matched
from harness.gradebook.records import Override, Student
from tests.harness.exported import grade_of

CANVAS = (
    "\ufeffStudent,ID,SIS User ID,SIS Login ID,Section,Homework 1 (11),Homework 2 (12345),Final Score\r\n"
    ",,,,,Manual Posting,,\r\n"
    "    Points Possible,,,,,10,60.00,(read only)\r\n"
    '"Lovelace, Ada",101,007,ada@x.edu,"L1 ""A""",9.5,,88.1\r\n'
    '"Hopper, Grace",102,008,grace,L1,,EX,\r\n'
    '"Babbage, Charles",103,009,cb,"L1, L2",,12.00,70\r\n'
    '"Student, Test",999,,0f3,L1,,,\r\n'
)
MOODLE = (
    'Identifier,"Full name","ID number","Email address",Status,Grade,"Maximum Grade","Grade can be changed",'
    '"Last modified (submission)","Last modified (grade)","Feedback comments"\n'
    'Participant 123,"Ada Lovelace",s007,ada@x.edu,"Submitted, late",,60.00,Yes,-,"Friday, 2 January 2026, 12:00",\n'
    'Participant 124,"Grace Hopper",,grace@x.edu,-,10.00,60.00,No,-,-,"well\ndone"\n'
    "Participant 125,Charles,,c@x.edu,-,,60.00,Yes,-,-,"
)


def sheet_of(tmp_path, text):
    path = tmp_path / "sheet.csv"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return sheets.read(path)


def fill_canvas(tmp_path, grades, text=CANVAS, column="Homework 2 (12345)", points=60, **more):
    return canvas.fill_gradebook(sheet_of(tmp_path, text), grades, column, points, **more)


def fill_moodle(tmp_path, grades, text=MOODLE, points=60, **more):
    return moodle.fill_worksheet(sheet_of(tmp_path, text), grades, points, **more)


# The sheet itself


@given(
    st.lists(
        st.lists(st.text(alphabet='a"é ;,\t=\n\r', max_size=6), min_size=1, max_size=4),
        min_size=1,
        max_size=4,
    ),
    st.sampled_from(["\n", "\r\n", ""]),
)
def test_a_sheet_that_is_not_filled_in_is_the_same_bytes(tmp_path_factory, table, last):
    """Quotes, line ends, short rows: whatever was read is written again."""
    quoted = [['"' + c.replace('"', '""') + '"' for c in row] for row in table]
    data = ("Student,ID\r\n" + "\n".join(",".join(r) for r in quoted) + last).encode()
    path = tmp_path_factory.getbasetemp() / "same.csv"
    path.write_bytes(data)
    sheet = sheets.read(path)
    assert sheet.encoded() == data
    assert [[sheets.unquoted(c) for c in row] for row in sheet.rows[1 : len(table) + 1]] == table


def test_a_file_of_bare_cells_is_the_same_bytes(tmp_path):
    """Without quotes, with blank lines and an empty cell at the end."""
    text = "Student,ID,\n\nx,,\r\ny,1,2,\ra,b"
    assert sheet_of(tmp_path, text).encoded() == text.encode()


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (b'Student,ID\n"x,1\n', "line 2: a quote is never closed"),
        ("Student,ID\nJosé,1\n".encode("latin-1"), "is not UTF-8"),
        (b"", "has no header"),
    ],
)
def test_a_broken_sheet_is_one_sentence(tmp_path, data, sentence):
    """It names the file, and the line where there is one."""
    with pytest.raises(UsageError, match=sentence) as caught:
        sheet_of(tmp_path, data)
    assert "sheet.csv" in str(caught.value)


# Canvas


def test_canvas_changes_the_one_cell_and_nothing_else(tmp_path):
    """BOM, line ends, quotes, the row of notes and the points stay as they were."""
    filled = fill_canvas(tmp_path, [grade_of("007")])
    assert filled.data.decode() == CANVAS.replace('"L1 ""A""",9.5,,88.1', '"L1 ""A""",9.5,41.50,88.1')
    assert filled.count == 1


@pytest.mark.parametrize(
    "student",
    [
        Student("101"),
        Student("007"),
        Student("x", login="ADA@x.edu"),
        Student("x", email="ada@X.edu"),
        Student("x", "Ada  Lovelace"),
        Student("x", "lovelace, ada"),
        Student("Ada Lovelace"),
    ],
)
def test_canvas_knows_a_student_by_id_login_or_name(tmp_path, student):
    """ID, SIS id, login, email as login, then the name in either order."""
    assert ",9.5,41.50," in fill_canvas(tmp_path, [grade_of(student)]).data.decode()


def test_canvas_does_not_take_7_for_007(tmp_path):
    """Ids are text: a spreadsheet that dropped the zeros is told, not guessed."""
    filled = fill_canvas(tmp_path, [grade_of("7")])
    assert filled.data.decode() == CANVAS
    assert "7 has a grade, but no row in the sheet" in filled.notes


def test_canvas_keeps_what_is_excused(tmp_path):
    """EX stays, and a line says so."""
    filled = fill_canvas(tmp_path, [grade_of("008")])
    assert filled.data.decode() == CANVAS
    assert "008: excused in Canvas, left as it is" in filled.notes


def test_canvas_says_who_has_no_grade_and_that_a_grade_was_replaced(tmp_path):
    """A line for each student of the sheet without a grade; the test student is none."""
    filled = fill_canvas(tmp_path, [grade_of("009", 30)])
    assert ",30.00,70" in filled.data.decode()
    assert filled.notes == [
        "Lovelace, Ada has no grade here: left as it is",
        "Hopper, Grace has no grade here: left as it is",
        "1 cell held another grade before: replaced (Babbage, Charles 12.00 -> 30.00)",
    ]


def test_the_first_replaced_grades_are_named_with_old_and_new(tmp_path):
    """Three of them, and how many more there are."""
    text = "Student,ID,Section,HW (1)\n" + "".join(f"S{n},{n},,{n}\n" for n in range(1, 6))
    filled = fill_canvas(tmp_path, [grade_of(str(n), 10 * n) for n in range(1, 6)], text, column="HW")
    assert filled.notes == [
        "5 cells held another grade before: replaced (S1 1 -> 10.00; S2 2 -> 20.00; S3 3 -> 30.00; and 2 more)"
    ]


def test_how_many_are_in_the_sheet_is_told_whether_or_not_they_have_a_grade():
    """Excused, without a grade yet, unknown."""
    matched = Matched({1: grade_of("007"), 2: grade_of("008", None)}, unknown=["9 has a grade, but no row"])
    sheet = sheets.Sheet(Path("s.csv"), [["Student", "Grade"], ["A", ""], ["B", ""]], ["\n"] * 3)
    filled = fill(sheet, 1, matched, [1, 2], comma=False, named=str, kept=lambda row: "")
    assert (filled.count, filled.matched) == (1, 2)


# A class of which only a part was graded


def test_a_class_that_is_graded_whole_needs_no_warning():
    """Marks to come count as much as those that are in; a total that a person set is one; no grade is none."""
    total = Override("d", None, 60, "illness", "Dr Who", datetime(2026, 3, 1, tzinfo=UTC))
    grades = [
        grade_of("a"),
        grade_of("b", max_score=56, pending_points=4),
        grade_of("c", None, max_score=10),
        grade_of("d", max_score=10, overrides=(total,)),
    ]
    assert partly_graded(grades, 60) == ""
    assert partly_graded([], 60) == ""


def test_grades_out_of_less_than_the_assignment_are_counted_and_the_first_named():
    """Everybody graded with --only: the assignment's points tell."""
    grades = [grade_of(name, 8, max_score=8, pending_points=2) for name in ("ada", "bob")]
    assert partly_graded(grades, 60) == (
        "2 grades are of work that is only partly graded (the first: ada, out of 10 of 60 points): "
        "grade all questions first, then export again"
    )


def test_one_grade_out_of_less_than_the_others_is_named():
    """The others tell, even where they are out of more than the assignment says now."""
    grades = [grade_of("ada", 8, max_score=60), grade_of(Student("bob", "\u202eB\n"), 8, max_score=50)]
    told = partly_graded(grades, 50)
    assert told.startswith(
        "1 grade is of work that is only partly graded (bob (\\u202eB), out of 50 of 60 points)"
    )


def test_canvas_leaves_a_cell_whose_grade_is_the_same(tmp_path):
    """12 is 12.00: not a byte changes."""
    filled = fill_canvas(tmp_path, [grade_of("009", 12)])
    assert filled.data.decode() == CANVAS
    assert not any("replaced" in note for note in filled.notes)


def test_a_fault_of_ours_is_no_zero(tmp_path):
    """A grade that is not there yet leaves the cell, with the reason."""
    grade = grade_of("007", None, status="grader error", message="the sandbox did not start")
    filled = fill_canvas(tmp_path, [grade])
    assert filled.data.decode() == CANVAS
    assert "007 has no grade yet (the sandbox did not start): left as it is" in filled.notes
    assert filled.count == 0


def test_a_student_who_fits_two_rows_is_left_alone(tmp_path):
    """An id that is one student's SIS id and another's Canvas id decides nothing."""
    text = CANVAS.replace("103,009", "103,101")
    filled = fill_canvas(tmp_path, [grade_of("101")], text)
    assert filled.data.decode() == text
    assert filled.notes[0] == ("101 fits 2 rows by ids (Babbage, Charles, Lovelace, Ada): left as they are")
    assert not any(note.startswith(("Lovelace", "Babbage")) for note in filled.notes[1:])


def test_two_students_of_one_name_are_left_alone(tmp_path):
    """Two grades for one row, and a namesake of somebody whose id fits."""
    text = CANVAS.replace("Babbage, Charles", "Lovelace, Ada")
    assert fill_canvas(tmp_path, [grade_of(Student("x", "Ada Lovelace"))], text).data.decode() == text
    twins = [grade_of(Student("x", "Ada Lovelace")), grade_of(Student("y", "Ada Lovelace"))]
    filled = fill_canvas(tmp_path, twins)
    assert filled.data.decode() == CANVAS
    assert "x (Ada Lovelace) and y (Ada Lovelace) fit one row by name: left as it is" in filled.notes
    known = [grade_of("007", 1), grade_of(Student("y", "Ada Lovelace"), 2)]
    filled = fill_canvas(tmp_path, known)
    assert ",9.5,1.00," in filled.data.decode()
    assert "y (Ada Lovelace) fits only by name a row that is another's: not filled in" in filled.notes


@pytest.mark.parametrize("column", ["Homework 2 (12345)", "Homework 2", "12345"])
def test_canvas_column_may_be_named_by_title_or_id(tmp_path, column):
    """As Canvas writes it, or either half of it."""
    assert fill_canvas(tmp_path, [grade_of("007")], column=column).count == 1


@pytest.mark.parametrize(
    ("column", "sentence"),
    [
        ("Homework 3", r"no column 'Homework 3' for an assignment; it has 'Homework 1 \(11\)', 'Homework 2"),
        ("Section", "no column 'Section'"),
        ("Final Score", "Canvas computes the column 'Final Score'"),
        (
            "Homework 1 (11)",
            r"line 3, column 'Homework 1 \(11\)': the grade is out of 10 there, .* out of 60",
        ),
    ],
)
def test_canvas_refuses_a_wrong_column(tmp_path, column, sentence):
    """One that is not there, no assignment's, computed, or worth something else."""
    with pytest.raises(UsageError, match=sentence):
        fill_canvas(tmp_path, [grade_of("007")], column=column)


def test_canvas_fills_in_another_maximum_if_told_to(tmp_path):
    """--other-maximum is the instructor's word for it."""
    assert fill_canvas(tmp_path, [grade_of("007")], column="Homework 1", other_maximum=True).count == 1


def test_canvas_row_about_columns_is_no_student(tmp_path):
    """A row with a word in the first column and no id of any kind is neither filled in nor missed."""
    text = CANVAS.replace(",,,,,Manual", "Posting policy,,,,,Manual")
    assert not any("Posting" in note for note in fill_canvas(tmp_path, [grade_of("007")], text).notes)


def test_canvas_cell_in_quotes_stays_in_quotes(tmp_path):
    """An export with everything in quotes stays one; a grade that is the same is not written anew."""
    text = 'Student,ID,Section,HW (1)\nA,1,,""\nB,2,,"12.0"\n'
    data = fill_canvas(tmp_path, [grade_of("1"), grade_of("2", 12)], text, column="HW").data.decode()
    assert data == text.replace('1,,""', '1,,"41.50"')


def test_canvas_with_semicolons_and_decimal_commas(tmp_path):
    """Some locales export so; the figures are written the same way."""
    text = "Student;ID;Section;HW (1)\nPoints Possible;;;60,00\nLovelace, Ada;101;L1;\n"
    data = fill_canvas(tmp_path, [grade_of("101")], text, column="HW").data.decode()
    assert data == text.replace("L1;\n", "L1;41,50\n")


def test_another_csv_is_no_gradebook(tmp_path):
    """The sentence says where to export one."""
    with pytest.raises(UsageError, match="is no gradebook of Canvas"):
        fill_canvas(tmp_path, [], "name,score\nx,1\n")


def test_hostile_names_stay_within_their_lines(tmp_path):
    """What is said of a student is one clean line."""
    filled = fill_canvas(tmp_path, [grade_of(Student("\x1b[2J\n=1", "\u202eA\nB"))])
    assert all(note.isprintable() for note in filled.notes)


# Moodle


def test_moodle_changes_the_one_cell_and_nothing_else(tmp_path):
    """Last modified, feedback with a line break and the missing last line end stay as they were."""
    filled = fill_moodle(tmp_path, [grade_of("123")])
    assert filled.data.decode() == MOODLE.replace('"Submitted, late",,60', '"Submitted, late",41.50,60')


@pytest.mark.parametrize(
    "student",
    [
        Student("123"),
        Student("Participant 123"),
        Student("s007"),
        Student("x", email="ada@x.edu"),
        Student("x", "Ada Lovelace"),
    ],
)
def test_moodle_knows_a_student(tmp_path, student):
    """By participant number, id number, email or name."""
    assert ",41.50,60.00" in fill_moodle(tmp_path, [grade_of(student)]).data.decode()


def test_moodle_does_not_read_a_number_out_of_an_id(tmp_path):
    """ada123 is not participant 123."""
    assert fill_moodle(tmp_path, [grade_of("ada123")]).data.decode() == MOODLE


def test_moodle_keeps_a_grade_that_is_locked(tmp_path):
    """`Grade can be changed` says No."""
    filled = fill_moodle(tmp_path, [grade_of("124")])
    assert filled.data.decode() == MOODLE
    assert "124: its grade cannot be changed in Moodle, left as it is" in filled.notes


def test_moodle_in_german_with_decimal_commas(tmp_path):
    """Localised headers are known; a figure with a comma stands in quotes."""
    text = (
        "ID,Vollständiger Name,E-Mail-Adresse,Status,Bewertung,Bestwertung,Zuletzt geändert (Bewertung)\n"
        'Teilnehmer/in123,Ada Lovelace,ada@x.edu,-,,"60,00",-\n'
    )
    data = fill_moodle(tmp_path, [grade_of("123")], text).data.decode()
    assert data == text.replace("-,,", '-,"41,50",')


def test_moodle_in_an_unknown_language_needs_the_column(tmp_path):
    """The sentence says how, and --column does it."""
    text = "Ainm,Grád\nRannpháirtí 123,\n"
    with pytest.raises(UsageError, match="no column for grades that is known here: name it with --column"):
        fill_moodle(tmp_path, [grade_of("123")], text)
    data = fill_moodle(tmp_path, [grade_of("123")], text, column="grád").data.decode()
    assert data == text.replace("123,", "123,41.50")


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        (MOODLE.replace(",,60.00", ",,100.00", 1), "line 2: the grade is out of 100.00 there"),
        (MOODLE.replace(",,60.00", ',,"Scale: good, bad"', 1), "out of Scale: good, bad there"),
        ("name,Grade\nAda,\n", "is no grading worksheet of Moodle"),
        (MOODLE.replace("125", "123"), "two rows of the column 'Identifier' name one participant"),
    ],
)
def test_moodle_refuses_a_wrong_sheet(tmp_path, text, sentence):
    """Another maximum, a scale, another file, two rows of one participant."""
    with pytest.raises(UsageError, match=sentence):
        fill_moodle(tmp_path, [grade_of("123")], text)


def test_what_still_lacks_marks_is_said_once(tmp_path):
    """A class in which nobody's write-up is marked gives one line, not thousands."""
    grades = [grade_of("123", pending_points=4.0), grade_of("125", pending_points=4.0)]
    assert fill_moodle(tmp_path, grades).notes[-1] == "2 grades still lack marks by hand, up to 4 points"
