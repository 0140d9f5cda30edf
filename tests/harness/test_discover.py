"""Submissions are found, and named so that a file system can bear it."""

import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.errors import UsageError
from harness.intake.discover import Candidate, find_submissions, safe_name, unique_names

REQUIRED = ["hw2.py", "util.py"]


def make(path, *names):
    for name in names:
        (path / name).parent.mkdir(parents=True, exist_ok=True)
        if name.endswith("/"):
            (path / name).mkdir(exist_ok=True)
        else:
            (path / name).write_bytes(b"")
    return path


@pytest.mark.parametrize(
    "names",
    [
        ["hw2.py"],
        ["util.py", "bob.zip", "x/hw2.py"],
        ["hw2.ipynb"],
        ["hw2-main/hw2.py"],
        ["a/b/c/util.py", "README.md"],
        ["__MACOSX/x", "hw2-main/hw2.py", ".git/x"],
    ],
)
def test_a_folder_with_a_required_file_is_one_submission(tmp_path, names):
    """A required file, its notebook, or nothing but a folder that leads to one make a submission."""
    folder = make(tmp_path / "alice", *names)
    found = find_submissions(folder, REQUIRED)
    assert found.candidates == [Candidate("alice", folder)]
    assert found.ignored == []


@pytest.mark.parametrize("name", ["a.zip", "a.tar.gz", "a.TGZ", "a.tar", "a.py", "a.ipynb"])
def test_a_file_of_a_known_kind_is_one_submission(tmp_path, name):
    """An archive or a single file is a submission, named without its suffix."""
    make(tmp_path, name)
    assert find_submissions(tmp_path / name, REQUIRED).candidates == [Candidate("a", tmp_path / name)]


@pytest.mark.parametrize(
    ("names", "whole"),
    [
        (["acts.py", "x.txt"], True),
        (["layers.ipynb"], True),
        (["helper.py", "mine.ipynb"], True),
        (["alice.ipynb"], False),
        (["alice.ipynb", "bob.ipynb", "helper.py"], False),
        (["alice.ipynb", "bob.zip", "helper.py"], False),
        (["helper.py"], False),
    ],
)
def test_a_folder_with_files_of_a_package_is_one_submission(tmp_path, names, whole):
    """Required files without their folder, or modules beside one notebook, belong together."""
    folder = make(tmp_path / "alice", *names)
    found = find_submissions(folder, ["net/acts.py", "net/layers.py"]).candidates
    assert (found == [Candidate("alice", folder)]) == whole


def test_a_folder_of_submissions(tmp_path):
    """Each visible folder, archive and single file is one, sorted by name; other files are told."""
    make(
        tmp_path,
        "dan.tar.gz",
        "bob/hw2.py",
        "alice.zip",
        "eve.py",
        "carl.ipynb",
        "empty/",
        ".hidden/hw2.py",
        "roster.csv",
        "__MACOSX/x",
        "conftest.py",
        ".secret.zip",
        "fay.v2/x",
    )
    found = find_submissions(tmp_path, REQUIRED)
    assert [c.name for c in found.candidates] == ["alice", "bob", "carl", "dan", "empty", "eve", "fay.v2"]
    assert [c.path.name for c in found.candidates][:4] == ["alice.zip", "bob", "carl.ipynb", "dan.tar.gz"]
    assert found.ignored == ["__MACOSX", "conftest.py", "roster.csv"]


def test_one_folder_beside_other_work_is_a_class(tmp_path):
    """A folder with hw2.py inside is not taken for the whole where an archive lies beside it."""
    make(tmp_path, "alice/hw2.py", "bob.zip")
    assert [c.name for c in find_submissions(tmp_path, REQUIRED).candidates] == ["alice", "bob"]


def test_links_are_followed_only_where_the_caller_named_them(tmp_path):
    """The path itself may be a link; one inside a class folder is a candidate, for staging to refuse."""
    make(tmp_path / "class", "alice/hw2.py", "bob/hw2.py")
    (tmp_path / "class" / "mallory").symlink_to("alice")
    (tmp_path / "class" / "trudy").symlink_to("nowhere")
    (tmp_path / "link").symlink_to("class")
    found = find_submissions(tmp_path / "link", REQUIRED)
    assert [c.name for c in found.candidates] == ["alice", "bob", "mallory", "trudy"]
    assert found.candidates[2].path.is_symlink()


def test_a_path_without_submissions_is_a_usage_error(tmp_path):
    """Nothing there, nothing gradable or another kind of file: one sentence names the path and the mend."""
    make(tmp_path, "notes/readme.txt", "a.rar")
    (tmp_path / "none").mkdir()
    (tmp_path / "loop").symlink_to("loop")
    for name, words in (
        ("gone", "check the path"),
        ("notes", "holds nothing to grade: put hw2.py and util.py"),
        ("none", "nothing to grade"),
        ("a.rar", "no submission: name a folder"),
        ("loop", "check the path"),
    ):
        with pytest.raises(UsageError, match=words) as error:
            find_submissions(tmp_path / name, REQUIRED)
        assert str(tmp_path / name) in str(error.value)


@pytest.mark.parametrize(
    ("raw", "safe"),
    [
        ("alice", "alice"),
        ("Ana Lima", "Ana_Lima"),
        ("e\u0301va", "éva"),
        ("李雷-2", "李雷-2"),
        ("", "_"),
        (".", "_"),
        ("..", "_"),
        ("../../etc", "_._.._etc"),
        (".git", "_git"),
        ("-rf", "_rf"),
        ("a/b\\c:d", "a_b_c_d"),
        ("=1+1", "_1_1"),
        ("<b>&\"'", "_b____"),
        ("a\u202eb\x1b\0", "a_b__"),
        ("\udcff", "_"),
        ("CON", "_CON"),
        ("con.txt", "_con.txt"),
        ("com¹", "_com¹"),
        ("console", "console"),
        ("a.", "a"),
        ("😀", "_"),
    ],
)
def test_safe_names(raw, safe):
    """Letters and digits of any script stay; what a shell, a path or a page could misread does not."""
    assert safe_name(raw) == safe


def test_long_names_are_cut_and_stay_apart():
    """80 bytes fit; longer names are cut between characters and told apart by eight hexadecimal digits."""
    assert safe_name("a" * 80) == "a" * 80
    first, second = safe_name("é" * 41), safe_name("é" * 42)
    assert first != second
    assert first[:36] == "é" * 35 + "-"
    assert len(first) == 35 + 9
    assert set(first[36:]) <= set("0123456789abcdef")


@settings(deadline=None)
@given(st.text(st.characters() | st.sampled_from("./\\-_ \u202e\ud800\u0301conNUL1"), max_size=120))
def test_every_safe_name_is_safe(raw):
    """Whatever the name, the result is a single visible part of at most 80 bytes, and safe once more."""
    name = safe_name(raw)
    assert 0 < len(name.encode()) <= 80
    assert name[0] not in ".-"
    assert all(c in "._-" or unicodedata.category(c)[0] in "LMN" for c in name)
    assert safe_name(name) == name


def test_unique_names_are_numbered_in_order():
    """The first to ask keeps a name; later ones are numbered, past any name that somebody has."""
    assert unique_names(["a", "A", "a-2", "a", "b", "a-2"]) == ["a", "A-3", "a-2", "a-4", "b", "a-2-2"]
    assert unique_names(["x y", "x_y", "x/y"]) == ["x_y", "x_y-2", "x_y-3"]


@settings(deadline=None)
@given(st.lists(st.text("aAßsé\u0301-2./ ", max_size=4) | st.sampled_from(["x" * 80, "X" * 80, "é" * 40])))
def test_unique_names_differ_in_more_than_case(raws):
    """No two names are equal without regard to case, none is longer than a safe one, and runs agree."""
    names = unique_names(raws)
    assert len(names) == len(raws)
    assert len({unicodedata.normalize("NFKC", n).casefold() for n in names}) == len(names)
    assert all(len(n.encode()) <= 80 for n in names)
    assert names == unique_names(raws)


def test_a_folder_with_an_optional_file_is_a_submission(tmp_path):
    """A notebook beside written answers is one submission, and not a class of one notebook."""
    folder = tmp_path / "ada"
    folder.mkdir()
    (folder / "homework.ipynb").write_text("{}")
    (folder / "answers.toml").write_text("")
    found = find_submissions(folder, ["package/a.py", "package/b.py"], ["answers.toml"])
    assert [(c.name, c.path) for c in found.candidates] == [("ada", folder)]
    alone = find_submissions(folder, ["package/a.py", "package/b.py"])
    assert [c.name for c in alone.candidates] == ["homework"]
