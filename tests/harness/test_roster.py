"""Rosters and times are read from whatever platforms export, and nobody is matched by a guess."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from harness.errors import UsageError
from harness.gradebook.records import Student
from harness.intake.sources import Entry
from harness.roster import Member, Roster, name_key, read_times


def write(tmp_path, text, encoding="utf-8") -> Path:
    path = tmp_path / "class.csv"
    path.write_bytes(text if isinstance(text, bytes) else text.encode(encoding))
    return path


def roster_of(*members) -> Roster:
    return Roster(Path("class.csv"), tuple(m if isinstance(m, Member) else Member(m) for m in members))


ADA = Student("a1", "Ada Lovelace", "ada@example.edu", "2", "ada-l")
BOB = Student("b2", "Bob Moss", "bob@example.edu", "2", "bob")


@pytest.mark.parametrize(
    "text",
    [
        "id,name,email,section,login\na1,Ada Lovelace,ada@example.edu,2,ada-l\n",
        "\ufeffStudent ID;First Name;Last Name;E-Mail;Section;GitHub_Username\r\na1;Ada;Lovelace;ada@example.edu;2;ada-l\r\n",
        "Last Name\tFirst Name\tSID\tEmail\tSections\tLogin\nLovelace\tAda\ta1\tada@example.edu\t2\tada-l\n\n",
        "identifier,github_username,github_id,name,email,section\n a1 ,ada-l,99,Ada Lovelace,ada@example.edu,2\n",
        'student,name,email,section,login,notes\na1,"Ada Lovelace",ada@example.edu,2,ada-l\n',
    ],
)
def test_columns_are_known_by_many_names(tmp_path, text):
    """Separators, a byte order mark, capitals and blanks make no difference; further columns are passed over."""
    assert Roster.read(write(tmp_path, text)).students == (ADA,)


def test_gradescope_without_a_number_uses_the_address(tmp_path):
    """As its exports of submissions do."""
    text = "First Name,Last Name,SID,Email,Sections\nAda,Lovelace,,ada@example.edu,\nBob,Moss,b2,,\n"
    assert [s.id for s in Roster.read(write(tmp_path, text)).students] == ["ada@example.edu", "b2"]


def test_a_canvas_gradebook_is_a_roster(tmp_path):
    """Names are turned round, rows of maximum points and the test student are none, Canvas's ids are kept."""
    text = (
        "Student,ID,SIS User ID,SIS Login ID,Section,HW 2 (55)\n"
        ",,,,,Manual Posting\n"
        "    Points Possible,,,,,56\n"
        '"Lovelace, Ada",41,a1,ada-l,2,10\n'
        '"Moss, Bob",42,,bob,2,\n'
        '"Student, Test",43,,0f3c,2,\n'
    )
    roster = Roster.read(write(tmp_path, text))
    assert roster.students == (
        Student("a1", "Ada Lovelace", "", "2", "ada-l"),
        Student("42", "Bob Moss", "", "2", "bob"),
    )
    assert roster.find(Student("41"), "canvas") == roster.students[0]
    assert roster.find(Student("41")) is None
    assert roster.other_ids() == {"a1": frozenset({"41"}), "42": frozenset({"42"})}


def test_a_moodle_worksheet_is_a_roster(tmp_path):
    """Its identifier is the id, so that grades find their rows again, and the number in it is known."""
    text = (
        "Identifier,Full name,ID number,Email address,Status,Group,Grade,Last modified (grade)\n"
        "Participant 12,Ada Lovelace,77,ada@example.edu,Submitted,Team A,-,-\n"
    )
    roster = Roster.read(write(tmp_path, text))
    assert roster.students == (Student("Participant 12", "Ada Lovelace", "ada@example.edu"),)
    assert roster.find(Student("Participant 12"), "participant") == roster.students[0]
    assert roster.group("team a") == roster.students


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("id,name\na1,Ada\nb2,Bob\na1,Eve\n", "line 4: the id a1 is already on line 2: keep one"),
        ("id\nada\n\nADA\n", "line 4: the id ADA is already on line 2 as ada, which differs only in case"),
        ("id,name\na1,Ada\n,Bob\n", "line 3: the id is empty: fill it in"),
        ("id,name\n" + "x" * 201 + ",Ada\n", "line 2: the id is longer than 200"),
        ("name,section\nAda,1\n", "line 1: no column names a student"),
        ("id,name\n", "names no student"),
        ("", "is empty"),
        ("id,name\na1,Lovelace, Ada\n", "line 2: it has 3 cells for 2 columns"),
        ('id,name\na1,"Ada\n', "line 2: it is not CSV"),
        ("id,name\na1,A\0da\n", "line 2: it is not CSV"),
        ("id,name\na1,Ada\nb2,J\xfcrgen\n".encode("latin-1"), "line 3: it is not UTF-8"),
        ("id,name\na1,Ada\n".encode("utf-16"), "line 1: it is not UTF-8: save"),
        (b"PK\x03\x04xlsx", "is a spreadsheet or an archive, not CSV"),
    ],
)
def test_a_bad_roster_is_one_sentence_with_file_and_line(tmp_path, text, words):
    """What is wrong, where, and the mend."""
    with pytest.raises(UsageError) as error:
        Roster.read(write(tmp_path, text))
    assert words in str(error.value)
    assert "class.csv" in str(error.value)
    assert "\n" not in str(error.value)


def test_a_missing_roster_is_a_usage_error(tmp_path):
    """The path is named."""
    with pytest.raises(UsageError, match=r"cannot be read .*: check its name"):
        Roster.read(tmp_path / "gone.csv")


def test_formula_cells_and_hostile_text_are_taken_for_text(tmp_path):
    """A cell that was made safe for spreadsheets is read back; what cannot be printed is spelled out."""
    text = "id,name\n'=1+1,Ada\u202e\n\x1b[2Jx,Bob\x85Moss\n"
    first, second = Roster.read(write(tmp_path, text)).students
    assert (first.id, first.name) == ("=1+1", "Ada\\u202e")
    assert (second.id + second.name).isprintable()


def test_a_student_is_found_by_id_address_login_or_name():
    """Without regard to case, blanks or the order of names."""
    roster = roster_of(ADA, BOB)
    for known in (
        Student(" A1 "),
        Student("?", email="ADA@example.edu"),
        Student("?", login="Ada-L"),
        Student("?", "LOVELACE,  ada"),
    ):
        assert roster.find(known) == ADA
    assert roster.find(Student("?", "Ada")) is None
    assert roster.find(Student("?")) is None


def test_what_could_be_two_students_is_nobody():
    """Two of a name, two of an address, or an id and an address that are two students'."""
    roster = roster_of(ADA, BOB, Student("a9", "Lovelace, Ada", "x@y"), Student("c", "", "x@y"))
    for unclear in (
        Student("?", "Ada Lovelace"),
        Student("?", email="x@y"),
        Student("a1", email="bob@example.edu"),
    ):
        assert roster.find(unclear) is None
        assert len(roster.matches(unclear)) == 2
    assert roster.find(Student("a1", "Bob Moss")) == ADA  # a name says nothing against an id
    assert roster.find(Student("a9", "Ada Lovelace")) == roster.students[2]


def test_a_word_is_an_id_before_it_is_a_login():
    """Students choose logins, and must not choose another's id."""
    roster = roster_of(ADA, Student("m", login="a1"))
    assert roster.called("a1") == [ADA]
    assert roster.by_login("A1") == [roster.students[1]]


def test_canvas_ids_and_ids_are_not_mixed_up():
    """Where no Canvas ids are known, the roster's may be such: then the name must agree."""
    with_canvas = roster_of(Member(ADA, canvas="55"), Student("41", "Bob Moss"))
    assert with_canvas.find(Student("41", "someone"), "canvas") is None
    without = roster_of(Student("41", "Bob Moss"))
    assert without.find(Student("41", "mossbob"), "canvas") == without.students[0]
    assert without.find(Student("41", "lovelaceada"), "canvas") is None


def test_groups_keep_names_apart_that_only_run_together_alike():
    """`Team 1 1` is not `Team 11`; where blanks are lost, such a name is nobody's."""
    roster = roster_of(Member(ADA, group="Team 1 1"), Member(BOB, group="Team 11"))
    assert roster.group("team 1 1") == (ADA,)
    assert roster.group("Team 11") == (BOB,)
    assert roster.group("team-11") == ()
    assert roster_of(Member(ADA, group="Team 1 1")).group("team11") == (ADA,)
    assert roster.group("") == ()


def test_who_handed_in_nothing_is_listed():
    """In the order of the roster; members of groups have handed in."""
    roster = roster_of(BOB, ADA, Student("c3"), Student("d4"))
    entries = [Entry("x", Path("x"), (Student("A1"), Student("d4"))), Entry("y", Path("y"), (Student("z"),))]
    assert roster.missing(entries) == [BOB, Student("c3")]


@pytest.mark.parametrize(
    ("one", "other"),
    [("Lovelace, Ada", "ada  LOVELACE"), ("Zoë", "zoe\u0308"), ("O'Neill-Smith Jo", "jo o neill smith")],
)
def test_names_are_compared_by_their_words(one, other):
    """Order, case, accents' encoding and punctuation make no difference."""
    assert name_key(one) == name_key(other)


def test_names_in_other_scripts_keep_their_marks():
    """Vowel signs tell names apart."""
    assert name_key("मीना") != name_key("मना")


# Times


def test_times_from_a_plain_table(tmp_path):
    """Each with its own zone."""
    text = "student,submitted_at\na1,2026-11-20T23:59:00+01:00\nB2,2026-11-20 22:59:00 UTC\nc3,\n"
    times = read_times(write(tmp_path, text))
    assert times == {
        "a1": datetime(2026, 11, 20, 22, 59, tzinfo=UTC),
        "b2": datetime(2026, 11, 20, 22, 59, tzinfo=UTC),
    }
    assert times["a1"].utcoffset() == timedelta(hours=1)


def test_times_from_github_classroom(tmp_path):
    """Found by repository, user and identifier; a user's name goes before the same word as an identifier."""
    text = (
        "assignment_name,assignment_url,starter_code_url,github_username,roster_identifier,student_repository_name,"
        "student_repository_url,submission_timestamp,points_awarded,points_available\n"
        "HW,u,s,ada-l,a1,org/hw-ada-l,r,2026-11-20T10:00:00Z,1,2\n"
        "HW,u,s,bob,ada-l,hw-bob,r,2026-11-21 10:00:00 UTC,1,2\n"
        "HW,u,s,eve,e3,hw-eve,r,,0,2\n"
    )
    one, two = datetime(2026, 11, 20, 10, tzinfo=UTC), datetime(2026, 11, 21, 10, tzinfo=UTC)
    assert read_times(write(tmp_path, text)) == {
        "hw-ada-l": one,
        "ada-l": one,
        "a1": one,
        "hw-bob": two,
        "bob": two,
    }


def test_times_from_gradescope(tmp_path):
    """Its table of grades has them with an offset."""
    text = "First Name,Last Name,SID,Email,Submission Time\nAda,Lovelace,a1,ada@x.edu,2026-11-20 14:00:00 -0800\n"
    when = datetime(2026, 11, 20, 22, tzinfo=UTC)
    assert read_times(write(tmp_path, text)) == {"a1": when, "ada@x.edu": when}


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("student,submitted_at\na1,2026-11-20T23:59:00\n", "line 2: '2026-11-20T23:59:00' has no time zone"),
        ("student,submitted_at\na1,yesterday\n", "line 2: 'yesterday' is no point in time: write it as 2026"),
        ("student,submitted_at\na1,2026-11-20\n", "'2026-11-20' is no point in time"),
        ("student,submitted_at\na1,2026-11-31T10:00:00Z\n", "is no point in time"),
        ("student,submitted_at\na1,9999-12-31T23:00:00-05:00\n", "is in the year 9999"),
        (
            "student,submitted_at\na,2026-11-20T10:00Z\nA,2026-11-20T11:00Z\n",
            "A already has another time on line 2",
        ),
        ("student,when\na1,2026-11-20T10:00Z\n", "line 1: it must have a column student"),
        ("who,submitted_at\na1,2026-11-20T10:00Z\n", "line 1: it must have a column student"),
    ],
)
def test_bad_times_are_one_sentence_each(tmp_path, text, words):
    """A time without a zone is none: the grader's own zone has nothing to do with the class."""
    with pytest.raises(UsageError) as error:
        read_times(write(tmp_path, text))
    assert words in str(error.value)
