"""What the hash of a question depends on, and what it does not."""

import shutil
from pathlib import Path

import pytest

from harness import assignment as assignments
from harness.engines.bundle import make_bundle, open_bundle
from harness.errors import UsageError
from harness.grading.identity import NO_PART, bundled_files, identity, machinery_counts

TINY = Path(__file__).parent / "tiny"
ROOT = Path(__file__).resolve().parents[2]

TWO_QUESTIONS = '''
"""Tests of both questions, and what they share."""

import pytest

first = pytest.mark.question("q1")
SHARED = 1


@first
@pytest.mark.points(1)
def test_one(submission):
    """One."""


@pytest.mark.question("q2")
@pytest.mark.points(1)
def test_two(submission):
    """Two."""
'''


@pytest.fixture
def root(tmp_path):
    shutil.copytree(TINY, tmp_path / "root")
    (tmp_path / "root" / "tests" / "tiny" / "test_both.py").write_text(TWO_QUESTIONS, encoding="utf-8")
    (tmp_path / "root" / "fixtures" / "tiny" / "submissions" / "ada").mkdir(parents=True)
    (tmp_path / "root" / "fixtures" / "tiny" / "data.txt").write_text("1", encoding="utf-8")
    return tmp_path / "root"


def hashes(root):
    return identity(assignments.load("tiny", root)).questions


def changed(root, name, old, new):
    """The questions whose hashes differ once a file was edited."""
    before, path = hashes(root), root / name
    text = path.read_text(encoding="utf-8") if path.exists() else ""
    assert old in text
    path.write_text(text.replace(old, new) if old else new, encoding="utf-8")
    after = hashes(root)
    return {q for q in before if before[q] != after[q]}


@pytest.mark.parametrize(
    ("name", "old", "new", "expected"),
    [
        ("tests/tiny/test_both.py", '"""One."""', '"""Another."""', {"q1"}),
        ("tests/tiny/test_both.py", '"""Two."""', '"""Another."""', {"q2"}),
        ("tests/tiny/test_both.py", "SHARED = 1", "SHARED = 2", {"q1", "q2"}),
        ("tests/tiny/test_both.py", '"q2"', '"q1"', {"q1", "q2"}),
        ("tests/tiny/test_both.py", "SHARED = 1", "SHARED = 1  # a comment\n\n", set()),
        ("tests/tiny/test_public.py", "is 2x", "is 2 x", {"q1"}),
        ("tests/tiny/test_public.py", "def f(x):", "def g(x):", {"q1"}),
        ("tests/tiny/hidden/test_hidden.py", "[1, 4, 50]", "[1, 4, 51]", {"q2"}),
        ("tests/tiny/hidden/helper.py", "", "X = 1", {"q1", "q2"}),
        ("tests/tiny/probes.py", "x.copy()", "x + 0", {"q1", "q2"}),
        ("tests/tiny/assignment.toml", "time_s = 1", "time_s = 2", {"q1", "q2"}),
        ("tests/tiny/assignment.toml", 'title = "Centre"', 'title = "Center"', set()),
        ("tests/tiny/assignment.toml", 'packages = ["numpy"]', 'packages = ["numpy", "scipy"]', {"q1", "q2"}),
        ("tests/tiny/assignment.toml", 'id = "q2"\n', 'id = "q2"\nprerequisites = ["q1"]\n', {"q2"}),
        ("reference/tiny/solution.py", "np.asarray(x)", "np.array(x)", {"q1", "q2"}),
        ("student/tiny/solution.py", "import numpy", "import  numpy", {"q1", "q2"}),
        ("fixtures/tiny/data.txt", "1", "2", {"q1", "q2"}),
        ("fixtures/tiny/submissions/ada/solution.py", "", "x = 1", set()),
        ("fixtures/tiny/NOTES.md", "", "words", set()),
        ("tests/tiny/make_fixtures.py", "", "x = 1", set()),
    ],
)
def test_a_change_touches_the_questions_that_depend_on_it(root, name, old, new, expected):
    """A test's own question; everything shared all of them; comments, titles and samples none."""
    assert changed(root, name, old, new) == expected


def test_a_test_module_that_is_not_python_is_one_sentence(root):
    """The file is named."""
    (root / "tests" / "tiny" / "test_both.py").write_text("def", encoding="utf-8")
    with pytest.raises(UsageError, match=r"test_both.py is not Python"):
        hashes(root)


@pytest.mark.parametrize("name", assignments.names(ROOT))
def test_every_question_has_tests_of_its_own(name):
    """In no assignment do two questions share all of their hash: each could be regraded alone."""
    questions = identity(assignments.load(name, ROOT)).questions
    assert len(set(questions.values())) == len(questions)


@pytest.mark.parametrize("name", assignments.names(ROOT))
def test_a_bundle_is_a_checkout_in_small(name):
    """Unpacked elsewhere it is the same assignment, hash by hash; packed again it has the same bytes."""
    whole = assignments.load(name, ROOT)
    data = make_bundle(whole)
    assert make_bundle(whole) == data
    folder = open_bundle(data)
    try:
        part = assignments.load(name, folder)
        assert identity(part) == identity(whole)
        assert len(bundled_files(part)) == len(bundled_files(whole))
        assert not list(folder.glob("fixtures/*/submissions"))
    finally:
        shutil.rmtree(folder)


@pytest.mark.parametrize(
    ("name", "has_part"),
    [
        ("grading/one.py", True),
        ("rubric.py", True),
        ("intake/staging.py", True),
        ("isolation/untrusted/worker.py", True),
        ("grading/command.py", False),
        ("site/charts.py", False),
        ("intake/sources/canvas.py", False),
        ("a_new_module.py", True),
    ],
)
def test_what_comes_before_or_after_grading_has_no_part_in_the_hash(name, has_part):
    """A new colour of a page grades nobody again; what is not known to be harmless counts."""
    assert machinery_counts(Path(name)) == has_part


def test_all_that_has_no_part_is_there():
    """A name that was mistyped or moved would let nothing out, or something new."""
    assert [name for name in NO_PART if not (ROOT / "harness" / name).exists()] == []
