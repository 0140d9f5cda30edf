"""Classes are read from plain folders and from what Gradescope, Canvas, Moodle and GitHub Classroom hand out."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.errors import UsageError
from harness.gradebook.records import Student
from harness.intake.discover import unique_names
from harness.intake.sources import SOURCES, read_class
from harness.intake.sources.gradescope_yaml import read_metadata
from harness.roster import Member, Roster

ONE = ["hw2.py"]
SEVERAL = ["nndl/layers.py", "nndl/fc_net.py"]


def make(folder: Path, *names: str) -> Path:
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if name.endswith("/"):
            path.mkdir(exist_ok=True)
        else:
            path.write_bytes(b"")
    return folder


def roster_of(*members: Member | Student) -> Roster:
    return Roster(Path("class.csv"), tuple(m if isinstance(m, Member) else Member(m) for m in members))


def credited(intake):
    return {entry.name: [s.id for s in entry.students] for entry in intake.entries}


def only_line(intake, *words: str) -> str:
    """The one complaint that holds all of the words."""
    lines = [line for line in intake.complaints if all(word in line for word in words)]
    assert len(lines) == 1, intake.complaints
    return lines[0]


ADA, BOB, EVE = (
    Student("a1", "Ada Lovelace", "ada@example.edu", login="ada-l"),
    Student("b2", "Bob Moss", "bob@example.edu", login="bob"),
    Student("e3", "Eve Adams", "eve@example.edu", login="eve-x"),
)


# Plain folders


def test_a_plain_class_has_the_names_of_its_entries(tmp_path):
    """Folders, archives and files are each the work of whom their names say; other files are told."""
    make(tmp_path, "ada/hw2.py", "bob.zip", "eve.py", "roster.csv")
    intake = read_class([tmp_path], ONE)
    assert credited(intake) == {"ada": ["ada"], "bob": ["bob"], "eve": ["eve"]}
    assert [e.files for e in intake.entries] == [tmp_path / n for n in ("ada", "bob.zip", "eve.py")]
    assert (intake.source, intake.ignored, intake.complaints) == ("plain", ["roster.csv"], [])
    assert all(e.submitted_at is None for e in intake.entries)


def test_a_name_is_looked_up_as_id_login_address_or_name(tmp_path):
    """The roster says whom an entry's name stands for, without regard to case."""
    make(tmp_path, "A1/hw2.py", "BOB.zip", "eve@example.edu.py", "Lovelace, Ada/hw2.py")
    intake = read_class([tmp_path], ONE, roster=roster_of(ADA, BOB, EVE))
    assert credited(intake) == {
        "A1": ["a1"],
        "BOB": ["b2"],
        "eve@example.edu": ["e3"],
        "Lovelace, Ada": ["a1"],
    }
    assert intake.entries[0].students == (ADA,)


def test_who_is_not_in_the_roster_is_credited_all_the_same(tmp_path):
    """One complaint says so."""
    make(tmp_path, "zoe/hw2.py", "bob/hw2.py")
    intake = read_class([tmp_path], ONE, roster=roster_of(ADA, BOB))
    assert credited(intake) == {"bob": ["b2"], "zoe": ["zoe"]}
    assert intake.complaints == ["zoe: zoe is not in the roster class.csv: graded, and credited to zoe"]


def test_an_ambiguous_name_is_nobodys(tmp_path):
    """Where a name could be two students', neither is credited, and the line names both."""
    make(tmp_path, "Ada Lovelace/hw2.py", "x.zip")
    intake = read_class([tmp_path], ONE, roster=roster_of(ADA, Student("a9", "Ada Lovelace")))
    assert credited(intake)["Ada Lovelace"] == ["Ada Lovelace"]
    assert "could be a1 (Ada Lovelace) and a9 (Ada Lovelace)" in only_line(intake, "Ada Lovelace:")


def test_a_folder_named_for_a_group_credits_every_member(tmp_path):
    """A group's name in the roster stands for its members; a student of that name goes before it."""
    make(tmp_path, "Team 7/hw2.py", "bob/hw2.py")
    roster = roster_of(
        Member(ADA, group="team 7"), BOB, Member(EVE, group="Team 7"), Member(Student("z"), group="bob")
    )
    intake = read_class([tmp_path], ONE, roster=roster)
    assert credited(intake) == {"Team 7": ["a1", "e3"], "bob": ["b2"]}


def test_without_times_the_last_by_name_is_the_latest(tmp_path):
    """Two entries of one student stay apart, and one line says which counts as the latest."""
    make(tmp_path, "ada.zip", "ada/hw2.py", "bob.py")
    intake = read_class([tmp_path], ONE)
    assert [e.files.name for e in intake.entries] == ["ada", "ada.zip", "bob.py"]
    assert "without times, ada.zip is taken as the latest" in only_line(
        intake, "ada: handed in 2 times (ada and ada.zip)"
    )


def test_one_name_in_two_paths_is_two_students(tmp_path):
    """Two sections may each have an eve; with a roster she is whom the roster says."""
    make(
        tmp_path,
        "north/eve/hw2.py",
        "north/ada/hw2.py",
        "south/eve/hw2.py",
        "south/bob.py",
        "west/eve.py",
        "west/eve.zip",
    )
    paths = [tmp_path / section for section in ("north", "south", "west")]
    intake = read_class(paths, ONE)
    ids = sorted(s.id for e in intake.entries for s in e.students)
    assert ids == ["ada", "bob", "eve (north)", "eve (south)", "eve (west)", "eve (west)"]
    assert (
        len(
            [
                c
                for c in intake.complaints
                if "taken as 3 students, eve (north), eve (south) and eve (west)" in c
            ]
        )
        == 1
    )
    with_roster = read_class(paths, ONE, roster=roster_of(Student("eve"), Student("ada")))
    assert {s.id for e in with_roster.entries for s in e.students} == {"ada", "bob", "eve"}


def test_with_times_the_latest_is_the_latest(tmp_path):
    """Times go by the entry's name or by what the roster knows of the student."""
    make(tmp_path, "a1/hw2.py", "ada-l/hw2.py", "bob/hw2.py")
    early, late = datetime(2026, 11, 20, 9, tzinfo=UTC), datetime(2026, 11, 21, 9, tzinfo=UTC)
    intake = read_class(
        [tmp_path],
        ONE,
        roster=roster_of(ADA, BOB),
        times={"A1": late, "ada-l": early, "BOB@example.edu": early},
    )
    assert {e.name: e.submitted_at for e in intake.entries} == {"a1": late, "ada-l": early, "bob": early}
    assert "by their times, a1 is the latest" in only_line(intake, "a1: handed in 2 times")


def test_ids_that_differ_only_in_case_are_pointed_out(tmp_path):
    """They stay two students: nobody loses work for a capital letter."""
    make(tmp_path, "ada/hw2.py", "Ada/hw2.py", "é/hw2.py", "e\u0301/hw2.py")
    intake = read_class([tmp_path], ONE)
    assert len({s.id for e in intake.entries for s in e.students}) == 4
    only_line(intake, "Ada and ada differ only in case")
    assert len(intake.complaints) == 2


def test_hostile_names_stay_one_line_and_hold_nothing_unprintable(tmp_path):
    """Bidi marks, escapes, line breaks and broken bytes are spelled out in ids and in complaints."""
    raw = ["=1+1", "a\u202eb", "c\x1b[2J\nd", b"e\xff".decode("utf-8", "surrogateescape"), "x..", "<b>"]
    make(tmp_path, *(f"{name}/hw2.py" for name in raw), "ok/hw2.py", "n\u202e\n.txt")
    intake = read_class([tmp_path], ONE, roster=roster_of(ADA))
    texts = [s.id for e in intake.entries for s in e.students] + intake.complaints + intake.ignored
    assert len(intake.complaints) == 7
    assert len(intake.ignored) == 1
    for text in texts:
        assert text.isprintable()
        text.encode("utf-8")
    assert len(set(unique_names([e.name for e in intake.entries]))) == 7


def test_an_id_that_is_not_matched_never_becomes_another_students(tmp_path):
    """A Canvas number that the roster does not have may be somebody's id there: it is credited to neither."""
    make(tmp_path, "moss_55_1_hw2.py", "lovelace_77_2_hw2.py")
    roster = roster_of(Member(Student("55", "Ada Lovelace"), canvas="77"))
    intake = read_class([tmp_path], ONE, roster=roster)
    assert credited(intake) == {"lovelace_77": ["55"], "moss_55": ["moss_55"]}
    assert "credited to moss_55" in only_line(intake, "moss_55: 55 (moss) is not in the roster")


def test_bad_paths_and_sources_are_usage_errors(tmp_path):
    """Each source says in one sentence what it looked for."""
    make(tmp_path, "ada/hw2.py", "bob/x.txt", "a.zip")
    for source, words in (
        ("gradescope", "holds no submission_metadata.yml: unzip"),
        ("canvas", "named as Canvas does it"),
        ("moodle", "named as Moodle does it"),
        ("blackboard", "there is no source 'blackboard': choose one of auto, plain, gradescope"),
    ):
        with pytest.raises(UsageError, match=words):
            read_class([tmp_path], ONE, source=source)
    for path, source in (
        (tmp_path / "gone", "auto"),
        (tmp_path / "gone", "canvas"),
        (tmp_path / "a.zip", "moodle"),
    ):
        with pytest.raises(UsageError, match=r"check the path|is no folder"):
            read_class([path], ONE, source=source)
    assert SOURCES == ("auto", "plain", "gradescope", "canvas", "moodle", "classroom")


# Gradescope


def submitters(*people: Student) -> str:
    lines = "  :submitters:\n"
    for s in people:
        lines += f"  - :name: {s.name}\n    :sid: '{s.id}'\n"
        lines += f"    :email: {s.email}\n" if s.email else ""
    return lines


def entry(number: int, *people: Student, at: str = "2026-11-20 22:59:30.123456000 Z") -> str:
    history = (
        "  :history:\n  - :id: 1\n    :created_at: 2026-11-19 10:00:00 Z\n    :results: {a: [1, {b: c}]}\n"
    )
    return f"submission_{number}:\n{submitters(*people)}  :created_at: {at}\n  :score: 1.0\n{history}"


def export(folder: Path, text: str, *numbers: int) -> Path:
    folder = folder / "assignment_77_export"
    make(folder, *(f"submission_{n}/hw2.py" for n in numbers))
    (folder / "submission_metadata.yml").write_text(text, encoding="utf-8")
    return folder


def test_a_gradescope_export_says_who_and_when(tmp_path):
    """Students, times and groups come from the YAML; macOS's own files are passed over."""
    text = "---\n" + entry(1, ADA) + entry(2, BOB, EVE, at="2026-11-21 00:10:00 +0100")
    folder = make(export(tmp_path, text, 1, 2), "__MACOSX/submission_1/._hw2.py", ".DS_Store")
    for path in (folder, tmp_path):
        intake = read_class([path], ONE)
        assert intake.source == "gradescope"
        assert credited(intake) == {
            "Ada Lovelace submission_1": ["a1"],
            "Bob Moss submission_2": ["b2", "e3"],
        }
        assert intake.complaints == intake.ignored == []
    first, second = intake.entries
    assert first.files == folder / "submission_1"
    assert first.students == (Student("a1", "Ada Lovelace", "ada@example.edu"),)
    assert first.submitted_at == datetime(2026, 11, 20, 22, 59, 30, 123456, tzinfo=UTC)
    assert second.submitted_at == datetime(2026, 11, 20, 23, 10, tzinfo=UTC)
    assert second.submitted_at.utcoffset() == timedelta(hours=1)


def test_quoted_keys_numbers_and_missing_fields_are_borne(tmp_path):
    """Keys may be quoted, a number may be bare and keep its zeros, and an address or a name does for an id."""
    text = (
        "submission_1:\n  ':submitters':\n  - {':name': Ada, ':sid': 0077}\n  ':created_at': '2026-11-20T10:00:00Z'\n"
        "submission_2:\n  :submitters:\n  - {':name': Bob, ':sid': '', ':email': b@x.edu}\n  :created_at: 2026-11-20 10:00:00\n"
        "submission_3:\n  :submitters:\n  - {':name': Eve, ':sid': ~x}\n  - {':name': Zoe}\n  :created_at: 2026-11-20 10:00:00 UTC\n"
    )
    intake = read_class([export(tmp_path, text, 1, 2, 3)], ONE)
    assert [[s.id for s in e.students] for e in intake.entries] == [["0077"], ["b@x.edu"], ["~x", "Zoe"]]
    assert {e.submitted_at for e in intake.entries} == {datetime(2026, 11, 20, 10, tzinfo=UTC)}


def test_what_is_wrong_in_an_export_is_one_line_each(tmp_path):
    """The class goes on, and nothing that was handed in is lost."""
    text = (
        entry(1, ADA)
        + "submission_2: oops\n"
        + "submission_3:\n  :submitters: []\n  :created_at: 2026-11-20 10:00:00 Z\n"
        + "submission_4:\n  :created_at: 2026-13-45 10:00:00 Z\n"
        + "submission_5:\n  :submitters:\n  - just a name\n  - :name: ''\n  - :sid: e3\n  - :sid: e3\n"
        + entry(6, BOB)
        + entry(1, EVE)
        + '"../../etc":\n  :submitters:\n  - :sid: x\n'
    )
    folder = make(export(tmp_path, text, 1, 2, 3, 4, 5, 9), "stray.zip", "notes.txt")
    intake = read_class([folder], ONE, source="gradescope")
    assert credited(intake) == {
        "Ada Lovelace submission_1": ["a1"],
        "e3 submission_5": ["e3"],
        "stray": ["stray"],
        **{f"submission_{n}": [f"submission_{n}"] for n in (2, 3, 4, 9)},
    }
    for words in (
        ("submission_2", "is no mapping"),
        ("submission_3", "names no submitters"),
        ("submission_4", "names no submitters"),
        ("submission_4", "'2026-13-45 10:00:00 Z' is no point in time"),
        ("submission_5", "submitter 1"),
        ("submission_5", "submitter 2"),
        ("submission_5", "names e3 twice"),
        ("submission_5", "does not say when"),
        ("submission_6", "there is no such folder"),
        ("submission_1", "is there twice: the first counts"),
        ("../../etc", "there is no such folder"),
        ("submission_9", "says nothing of it"),
        ("stray.zip", "not named as Gradescope"),
    ):
        only_line(intake, *words)
    assert len(intake.complaints) == 13
    assert intake.ignored == ["notes.txt"]
    times = {e.name: e.submitted_at for e in intake.entries}
    assert times["submission_3"] == datetime(2026, 11, 20, 10, tzinfo=UTC)
    assert times["submission_4"] is None


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "it is empty"),
        ("- a\n- b\n", "no mapping of folders"),
        ("a: [1, 2\nb: 3\n", "line 2"),
        ("a: b: c\n", "line 1"),
        ("a: \x07\n", "not YAML"),
        ("a: " + "[" * 100_000, "nested too deeply"),
    ],
)
def test_a_yaml_that_cannot_be_read_is_a_usage_error(tmp_path, text, words):
    """One sentence names the file and the place."""
    with pytest.raises(UsageError, match=words) as error:
        read_class([export(tmp_path, text, 1)], ONE)
    assert "submission_metadata.yml" in str(error.value)
    assert "\n" not in str(error.value)


def test_aliases_do_not_multiply_and_tags_make_no_objects(tmp_path):
    """Text may be repeated by an alias, as Ruby does it; lists may not, and a tag is only a tag."""
    bomb = "  - &b0 [x, x]\n" + "".join(
        f"  - &b{n} [*b{n - 1}, *b{n - 1}, *b{n - 1}]\n" for n in range(1, 60)
    )
    text = (
        f"submission_1:\n  :results:\n{bomb}  :submitters: *b59\n  :created_at: &t 2026-11-20 10:00:00 Z\n"
        "submission_2:\n  :submitters:\n  - :name: &n Ada\n    :sid: !!python/object/apply:os.system ['echo']\n"
        "    :email: *n\n  :created_at: *t\n"
        "submission_3: &all\n  :submitters: &who\n  - :sid: '3'\n  :created_at: *t\n"
        "submission_4: *all\n"
        "submission_5:\n  :results: [&n [1]]\n  :submitters:\n  - :sid: '5'\n    :name: *n\n  :created_at: *t\n"
        "submission_6:\n  :submitters:\n  - :sid: '6'\n    :email: &t {a: b}\n    :name: *t\n  :created_at: *t\n"
    )
    intake = read_class([export(tmp_path, text, 1, 2, 3, 4, 5, 6)], ONE)
    by_folder = {e.files.name: e for e in intake.entries}
    assert by_folder["submission_2"].students == (Student("Ada", "Ada", "Ada"),)
    assert by_folder["submission_2"].submitted_at == datetime(2026, 11, 20, 10, tzinfo=UTC)
    assert by_folder["submission_5"].students == (Student("5"),)
    assert (by_folder["submission_6"].students, by_folder["submission_6"].submitted_at) == (
        (Student("6"),),
        None,
    )
    only_line(intake, "submission_1", "names no submitters")
    only_line(intake, "submission_4", "no mapping")
    only_line(intake, "submission_6", "does not say when")
    assert len(intake.complaints) == 3


def test_a_sid_that_is_another_students_is_not_believed(tmp_path):
    """A student may write another's number: where number and address differ, nobody is credited by a guess."""
    liar = Student("a1", "Eve Adams", "eve@example.edu")
    folder = export(tmp_path, entry(1, ADA) + entry(2, liar), 1, 2)
    intake = read_class([folder], ONE, roster=roster_of(ADA, BOB, EVE))
    assert credited(intake) == {
        "Ada Lovelace submission_1": ["a1"],
        "Eve Adams submission_2": ["Eve Adams submission_2"],
    }
    only_line(intake, "could be a1 (Ada Lovelace) and e3 (Eve Adams)")
    alone = read_class([folder], ONE)
    nameless = "submission_3:\n  :submitters:\n  - :name: a1\n  :created_at: 2026-11-20 10:00:00 Z\n"
    other = export(tmp_path / "other", nameless, 3)
    assert credited(read_class([other], ONE, roster=roster_of(ADA))) == {
        "a1 submission_3": ["a1 submission_3"]
    }
    only_line(alone, "a1 (as Ada Lovelace and Eve Adams): handed in 2 times", "Eve Adams submission_2")


def test_ten_thousand_entries_are_read(tmp_path):
    """A large course in which everybody is in the roster, and some hand in twice."""
    people = [Student(f"s{n}", f"Student {n}", f"s{n}@x.edu") for n in range(9_000)]
    text = "".join(entry(n, people[n % 9_000]) for n in range(10_000))
    folder = tmp_path / "assignment_1_export"
    folder.mkdir()
    for n in range(10_000):
        (folder / f"submission_{n}").mkdir()
    (folder / "submission_metadata.yml").write_text(text)
    roster = roster_of(*people, Student("s9000", "Student 9000"))
    intake = read_class([folder], ONE, roster=roster)
    assert len(intake.entries) == 10_000
    assert len(intake.complaints) == 1_000
    assert [s.id for s in roster.missing(intake.entries)] == ["s9000"]


def test_only_the_wanted_fields_are_kept(tmp_path):
    """An autograder's outputs may be large and nested deeply: they are read past."""
    text = "submission_1:\n  :results:\n" + "    - " + "- " * 400 + "x\n  :created_at: now\n"
    (tmp_path / "m.yml").write_text(text)
    assert read_metadata(tmp_path / "m.yml", ("created_at",)) == [("submission_1", {"created_at": "now"})]


# Canvas


def test_a_canvas_download_is_one_entry_a_user(tmp_path):
    """Several files of one user are one submission, under the names that the student gave them."""
    make(
        tmp_path,
        "lovelaceada_1234_900_layers.py",
        "lovelaceada_1234_901_fc_net-2.py",
        "lovelaceada_1234_902_my_notes_1_2.txt",
        "mossbob_LATE_77_903_hw.zip",
        "o7neill_3_904_a.ipynb",
        "zoe_5_text.html",
    )
    intake = read_class([tmp_path], SEVERAL)
    assert intake.source == "canvas"
    assert credited(intake) == {"lovelaceada_1234": ["1234"], "mossbob_77": ["77"], "o7neill_3": ["3"]}
    assert {n: p.name for n, p in intake.entries[0].files.items()} == {
        "fc_net.py": "lovelaceada_1234_901_fc_net-2.py",
        "layers.py": "lovelaceada_1234_900_layers.py",
        "my_notes_1_2.txt": "lovelaceada_1234_902_my_notes_1_2.txt",
    }
    assert intake.entries[1].files == tmp_path / "mossbob_LATE_77_903_hw.zip"
    assert intake.ignored == ["zoe_5_text.html"]
    assert "calls a submission late" in only_line(intake, "Canvas")


def test_the_latest_upload_of_a_file_counts(tmp_path):
    """Canvas numbers uploads; what it puts behind a name that was there before is taken off."""
    make(
        tmp_path,
        "ada_1_100_hw2.py",
        "ada_1_9_hw2-1.py",
        "ada_1_20_hw2-0b1f2c3d-0000-4000-8000-123456789abc.py",
        "bob_2_40_code.tar.gz",
        "bob_2_41_code-1.tar.gz",
        "eve_3_50_hw2-1.py",
        "eve_3_51_plot-1.png",
    )
    intake = read_class([tmp_path], ONE)
    ada, bob, eve = (e.files for e in intake.entries)
    assert ada == {"hw2.py": tmp_path / "ada_1_100_hw2.py"}
    assert bob == tmp_path / "bob_2_41_code-1.tar.gz"
    assert sorted(eve) == ["hw2.py", "plot-1.png"]
    only_line(intake, "ada_1: ada_1_100_hw2.py counts as hw2.py, not ada_1_20")
    only_line(intake, "bob_2: bob_2_41_code-1.tar.gz counts")
    assert len(intake.complaints) == 3


def test_one_module_of_another_name_does_for_one_required_file(tmp_path):
    """As a single file does elsewhere; beside other files the line says as what it was taken."""
    make(
        tmp_path,
        "ada_1_10_mine.py",
        "bob_2_11_mine.ipynb",
        "bob_2_12_answers.toml",
        "eve_3_13_a.py",
        "eve_3_14_b.py",
    )
    intake = read_class([tmp_path], ONE, ["answers.toml"])
    ada, bob, eve = (e.files for e in intake.entries)
    assert ada == tmp_path / "ada_1_10_mine.py"
    assert sorted(bob) == ["answers.toml", "hw2.ipynb"]
    assert sorted(eve) == ["a.py", "b.py"]
    assert intake.complaints == ["bob_2: mine.ipynb was taken as hw2.ipynb"]


def test_archives_beside_plain_files_are_left_aside_with_a_line(tmp_path):
    """An archive is the work unless a module lies beside it."""
    make(
        tmp_path,
        "ada_1_1_hw2.py",
        "ada_1_2_old.zip",
        "bob_2_3_hw.zip",
        "bob_2_4_answers.toml",
        "bob_2_5_plot.png",
    )
    make(tmp_path, "eve_3_6_a.zip", "eve_3_7_b.zip")
    intake = read_class([tmp_path], ONE, ["answers.toml"])
    ada, bob, eve = (e.files for e in intake.entries)
    assert list(ada) == ["hw2.py"]
    assert (bob.name, eve.name) == ("bob_2_3_hw.zip", "eve_3_7_b.zip")
    assert intake.complaints == [
        "ada_1: old.zip left aside, since there are plain files",
        "bob_2: answers.toml left aside, since hw.zip counts, which came last",
        "eve_3: a.zip left aside, since b.zip counts, which came last",
    ]


def test_canvas_students_are_found_by_canvas_id_then_by_name(tmp_path):
    """The number is Canvas's own; a name with a number in it is told apart by the roster."""
    make(tmp_path, "whoever_41_1_hw2.py", "mossbob_42_2_hw2.py", "team_7_43_3_hw2.py", "हिन्दी_44_4_hw2.py")
    roster = roster_of(
        Member(ADA, canvas="41"), BOB, Member(EVE, canvas="43"), Member(Student("h", ""), canvas="44")
    )
    intake = read_class([tmp_path], ONE, roster=roster)
    assert credited(intake) == {
        "whoever_41": ["a1"],
        "mossbob_42": ["b2"],
        "team_7_43": ["e3"],
        "हिन्दी_44": ["h"],
    }
    assert intake.complaints == []


def test_canvas_groups_and_anonymous_files(tmp_path):
    """A group's name stands in place of the student's; an anonymous file has neither name nor number."""
    make(
        tmp_path,
        "lakeside2_41_1_hw2.py",
        "LATE_anon_x7Kp2_2_hw2.py",
        "anon_Zz9Qa_3_hw2.py",
        "lakeside3_99_5_hw2.py",
    )
    roster = roster_of(
        Member(ADA, canvas="41", group="Lakeside 2"),
        Member(BOB, canvas="42", group="Lakeside 2"),
        Member(EVE, canvas="99"),
    )
    intake = read_class([tmp_path], ONE, roster=roster)
    assert credited(intake) == {
        "anon_Zz9Qa": ["anon_Zz9Qa"],
        "anon_x7Kp2": ["anon_x7Kp2"],
        "lakeside2_41": ["a1", "b2"],
        "lakeside3_99": ["e3"],
    }
    bare = read_class([tmp_path], ONE)
    assert credited(bare)["lakeside2_41"] == ["41"]


def test_a_student_cannot_call_herself_a_group_that_is_not_hers(tmp_path):
    """The number says who it is: a group's name before it counts only for a member."""
    make(tmp_path, "lakeside2_99_1_hw2.py")
    roster = roster_of(Member(ADA, canvas="41", group="Lakeside 2"), Member(EVE, canvas="99"))
    assert credited(read_class([tmp_path], ONE, roster=roster)) == {"lakeside2_99": ["e3"]}


def test_links_in_a_download_are_left_to_staging_to_refuse(tmp_path):
    """The one path handed over is the link itself, never what it points to."""
    make(tmp_path / "c", "ada_1_1_hw2.py")
    (tmp_path / "c" / "ada_1_2_plot.png").symlink_to("/etc/hostname")
    (entry_,) = read_class([tmp_path / "c"], ONE, source="canvas").entries
    assert entry_.files == tmp_path / "c" / "ada_1_2_plot.png"
    assert entry_.files.is_symlink()


def test_what_canvas_did_not_name_is_taken_as_it_is(tmp_path):
    """Nothing gradable is lost for its name, and without the choice the folder is plain."""
    make(tmp_path, "ada_1_1_hw2.py", "bob.zip", "readme.txt")
    intake = read_class([tmp_path], ONE, source="canvas")
    assert credited(intake) == {"ada_1": ["1"], "bob": ["bob"]}
    assert only_line(intake, "bob.zip is not named as Canvas does it")
    assert intake.ignored == ["readme.txt"]
    assert read_class([tmp_path], ONE).source == "plain"


# Moodle


def test_a_moodle_download_as_folders(tmp_path):
    """A folder for each participant; a lone archive in it is the work, and typed text is passed over."""
    make(
        tmp_path,
        "Ada Lovelace_1234_assignsubmission_file_/hw2.py",
        "Ada Lovelace_1234_assignsubmission_onlinetext_/onlinetext.html",
        "Bob Moss_55_assignsubmission_file/work.zip",
        "Eve Adams_56_assignsubmission_file_/sub/hw2.py",
        "Zoe_57_assignsubmission_onlinetext_/onlinetext.html",
    )
    intake = read_class([tmp_path], ONE)
    assert intake.source == "moodle"
    assert {e.name: e.students for e in intake.entries} == {
        "Ada Lovelace_1234": (Student("Participant 1234", "Ada Lovelace"),),
        "Bob Moss_55": (Student("Participant 55", "Bob Moss"),),
        "Eve Adams_56": (Student("Participant 56", "Eve Adams"),),
    }
    ada, bob, eve = (e.files for e in intake.entries)
    assert list(ada) == ["hw2.py"]
    assert bob == tmp_path / "Bob Moss_55_assignsubmission_file" / "work.zip"
    assert eve == tmp_path / "Eve Adams_56_assignsubmission_file_"
    assert len(intake.ignored) == 2
    only_line(intake, "Zoe_57 handed in typed text only")


def test_a_moodle_download_as_flat_files(tmp_path):
    """The participant's prefix stands before each file's name."""
    make(
        tmp_path,
        "Ada Lovelace_1234_assignsubmission_file_layers.py",
        "Ada Lovelace_1234_assignsubmission_file_fc_net.py",
        "Bob_55_assignsubmission_file_code.zip",
    )
    ada, bob = read_class([tmp_path], SEVERAL).entries
    assert sorted(ada.files) == ["fc_net.py", "layers.py"]
    assert bob.files == tmp_path / "Bob_55_assignsubmission_file_code.zip"


def test_moodle_students_are_found_by_number_and_name(tmp_path):
    """The number of a group is no participant's: where the name says otherwise, the number is not believed."""
    make(
        tmp_path,
        *(
            f"{who}_assignsubmission_file_/hw2.py"
            for who in ("Ada Lovelace_1", "Moss Bob_9", "Team A_3", "Team Z_3", "Default group")
        ),
    )
    roster = roster_of(
        Member(ADA, participant="1"),
        Member(BOB, group="Team A"),
        Member(EVE, participant="3", group="Team A"),
    )
    intake = read_class([tmp_path], ONE, roster=roster)
    assert credited(intake) == {
        "Ada Lovelace_1": ["a1"],
        "Default group": ["Default group"],
        "Moss Bob_9": ["b2"],
        "Team A_3": ["b2", "e3"],
        "Team Z_3": ["Team Z_3"],
    }
    only_line(intake, "Team Z_3: its number is Eve Adams's in the roster")
    assert len(intake.complaints) == 4


def test_hidden_names_leave_the_number(tmp_path):
    """With blind marking everybody is called Participant: only the number counts."""
    make(tmp_path, *(f"Participant_{n}_assignsubmission_file_/hw2.py" for n in (1, 3)))
    intake = read_class(
        [tmp_path], ONE, roster=roster_of(Member(ADA, participant="1"), Member(EVE, participant="3"))
    )
    assert credited(intake) == {"Participant_1": ["a1"], "Participant_3": ["e3"]}
    assert intake.complaints == []


# GitHub Classroom


def test_clones_are_named_for_their_users(tmp_path):
    """What all names have in common up to a hyphen is the assignment's; hyphens in users' names stay."""
    make(tmp_path, *(f"hw-2-{user}/.git/" for user in ("ada-l", "anna", "bob-m-x")), "hw-2-ada-l/hw2.py")
    intake = read_class([tmp_path], ONE)
    assert intake.source == "classroom"
    assert {e.name: e.students for e in intake.entries} == {
        user: (Student(user, login=user),) for user in ("ada-l", "anna", "bob-m-x")
    }


def test_the_roster_or_the_folder_says_where_users_begin(tmp_path):
    """Two users who share a beginning do not lose it."""
    clones = make(tmp_path / "hw2-submissions", "hw2-team-a/.git/", "hw2-team-b/.git/")
    assert set(credited(read_class([clones], ONE))) == {"team-a", "team-b"}
    other = make(tmp_path / "clones", "hw2-team-a/.git/", "hw2-team-b/.git/")
    assert set(credited(read_class([other], ONE))) == {"a", "b"}
    users = roster_of(Student("1", login="team-a"), Student("2", login="Team-B"))
    assert credited(read_class([other], ONE, roster=users)) == {"team-a": ["1"], "team-b": ["2"]}
    groups = roster_of(Member(ADA, group="team-a"), Member(BOB, group="team-a"))
    assert credited(read_class([other], ONE, roster=groups))["team-a"] == ["a1", "b2"]


def test_a_login_is_matched_with_logins_only(tmp_path):
    """Anybody may take a GitHub name that is another student's id."""
    make(tmp_path, "hw2-a1/.git/", "hw2-bob/.git/")
    intake = read_class([tmp_path], ONE, roster=roster_of(ADA, BOB))
    assert credited(intake) == {"a1": ["a1 (not in the roster)"], "bob": ["b2"]}


def test_a_single_clone_needs_the_choice_and_a_roster(tmp_path):
    """By itself a clone is a plain submission, such as the one that CI scores."""
    clone = make(tmp_path / "hw2-ada-l", ".git/", "hw2.py")
    assert credited(read_class([clone], ONE)) == {"hw2-ada-l": ["hw2-ada-l"]}
    intake = read_class([clone], ONE, source="classroom", roster=roster_of(ADA, BOB))
    assert credited(intake) == {"ada-l": ["a1"]}


def test_nothing_below_git_is_opened(tmp_path):
    """A repository is known by its .git, which may be a file, and by no more than that."""
    make(tmp_path, "hw2-a/.git", "hw2-b/.git/", "hw2-b/hw2.py")
    (tmp_path / "hw2-b" / ".git").chmod(0)
    assert set(credited(read_class([tmp_path], ONE))) == {"a", "b"}


def test_times_go_by_repository_user_or_identifier(tmp_path):
    """What the grades file of GitHub Classroom is keyed by finds the clone."""
    make(tmp_path, "hw2-ada-l/.git/", "hw2-bob/.git/", "hw2-eve-x/.git/")
    at = [datetime(2026, 11, day, tzinfo=UTC) for day in (1, 2, 3)]
    times = {"hw2-ada-l": at[0], "BOB": at[1], "e3": at[2]}
    intake = read_class([tmp_path], ONE, roster=roster_of(ADA, BOB, EVE), times=times)
    assert [e.submitted_at for e in intake.entries] == at


# Recognising


@pytest.mark.parametrize(
    "names",
    [
        ["submission_metadata.yml", "hw2.py"],
        ["submission_metadata.yml", "submission_1/hw2.py"],
        ["mallory/submission_metadata.yml", "mallory/submission_1/hw2.py", "bob/hw2.py"],
        ["mallory/submission_metadata.yml", "mallory/submission_1/hw2.py"],
        ["submission_metadata.yml", "submission_1/hw2.py", "submission_2/hw2.py", "bob/hw2.py"],
        ["ada_1_2_hw2.py", "bob.py"],
        ["ada_1_2_hw2/hw2.py", "bob_1_3_hw2/hw2.py"],
        ["Ada_1_assignsubmission_file_/hw2.py", "bob/hw2.py"],
        ["hw2-ada/.git/", "hw2-bob/hw2.py"],
        ["hw2-ada/.git/", "other/.git/"],
        ["ada/.git/", "bob/.git/"],
    ],
)
def test_in_doubt_a_class_is_plain(tmp_path, names):
    """One entry that does not fit, or one submission that looks like an export, makes it a plain folder."""
    assert read_class([make(tmp_path, *names)], ONE).source == "plain"


def test_an_export_of_one_submission_is_known_by_its_folder(tmp_path):
    """It holds one folder only, as a submission may; Gradescope's name for it tells the difference."""
    assert read_class([export(tmp_path, entry(1, ADA), 1)], ONE).source == "gradescope"


def test_several_paths_of_several_kinds_are_one_class(tmp_path):
    """Each path is recognised by itself; one student's entries are found in all of them."""
    make(tmp_path / "late", "a1/hw2.py")
    folder = export(tmp_path / "g", entry(1, ADA) + entry(2, BOB), 1, 2)
    intake = read_class([folder, tmp_path / "late" / "a1"], ONE)
    assert intake.source == "gradescope and plain"
    only_line(
        intake,
        "a1: handed in 2 times",
        "as far as their times are known, Ada Lovelace submission_1 is the latest",
    )


def test_the_order_of_paths_changes_nothing(tmp_path):
    """Entries are sorted, whatever order they are found in."""
    one, two = make(tmp_path / "x", "b.zip", "d.py"), make(tmp_path / "y", "a.py", "c.zip")
    assert read_class([one, two], ONE).entries == read_class([two, one], ONE).entries


PIECES = st.sampled_from(
    ["_", "1", "23", "LATE", "hw2", ".py", ".zip", "-", "ada", " ", "=", "\u202e", "ह", "\n", "\udcff"]
)


@settings(max_examples=40, deadline=None)
@given(
    st.lists(st.lists(PIECES, min_size=1, max_size=5).map("".join), min_size=1, max_size=5, unique=True),
    st.sampled_from(["", "_1_2_hw2.py", "_1_assignsubmission_file_", "_assignsubmission_file_x.zip"]),
    st.sampled_from(SOURCES),
)
def test_whatever_files_are_called_everybody_has_a_printable_id(names, suffix, source):
    """No name of a file brings a reader down, and none is credited to nobody."""
    with TemporaryDirectory() as folder:
        make(Path(folder), *(f"{name}{suffix}" for name in names))
        try:
            intake = read_class(
                [Path(folder)], ONE, source=source, roster=roster_of(ADA, Member(BOB, canvas="1"))
            )
        except UsageError:  # nothing there is of that source
            return
        texts = [s.id for e in intake.entries for s in e.students] + intake.complaints
        assert all(text and text.isprintable() for text in texts)
        assert all(e.students for e in intake.entries)
