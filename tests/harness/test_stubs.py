"""The students' files: what is taken out, what stays, which mistakes of an author are refused."""

import ast
import importlib.util
import inspect
import sys
import tokenize
import tomllib
from pathlib import Path

import numpy as np
import pytest

from harness.errors import UsageError
from harness.fixture_files import check_fixtures, write_fixtures
from harness.stubs import check, generate, stub_answers, stub_source

ROOT = Path(__file__).resolve().parents[2]

SOURCE = '''\
import math


def area(r):
    """The area of a disc."""
    if r < 0:
        raise ValueError("r must not be negative")
    # BEGIN SOLUTION q1
    squared = r * r
    return math.pi * squared
    # END SOLUTION


def given(r):
    return 2 * r
'''

STUB = '''\
import math


def area(r):
    """The area of a disc."""
    if r < 0:
        raise ValueError("r must not be negative")
    raise NotImplementedError("q1: area is not written yet")


def given(r):
    return 2 * r
'''


def test_a_region_becomes_one_line_and_all_else_stays():
    """Signature, docstring, given lines, blank lines and unused imports are the reference's own."""
    assert stub_source(SOURCE, "a.py") == STUB


def test_a_source_without_regions_is_unchanged():
    """There is nothing to take out."""
    assert stub_source(STUB, "a.py") == STUB


def test_a_region_takes_the_indentation_and_the_name_of_its_own_function():
    """Methods are named with their class, and the innermost function around the region counts."""
    source = (
        "class Net:\n"
        "    def step(self):\n"
        "        def inner():\n"
        "            # BEGIN SOLUTION 2.1-b\n"
        "            return 1\n"
        "            # END SOLUTION\n"
        "        return inner()\n"
    )
    stub = stub_source(source, "a.py")
    assert '            raise NotImplementedError("2.1-b: Net.step.inner is not written yet")\n' in stub
    assert stub.endswith("        return inner()\n")


def test_functions_defined_inside_a_region_do_not_name_it():
    """A helper of the solution goes with it."""
    source = (
        "def outer():\n"
        "    # BEGIN SOLUTION q1\n"
        "    def helper():\n"
        "        return 1\n"
        "    return helper()\n"
        "    # END SOLUTION\n"
    )
    assert stub_source(source, "a.py") == (
        'def outer():\n    raise NotImplementedError("q1: outer is not written yet")\n'
    )


def test_several_regions_of_one_file_are_all_replaced():
    """Each gets its own question id, and the lines between them stay."""
    second = SOURCE.replace("area", "volume").replace("q1", "q2").replace("import math\n", "")
    stub = stub_source(SOURCE + second, "a.py")
    assert '"q1: area is not' in stub
    assert '"q2: volume is not' in stub
    assert "squared" not in stub
    assert stub.count("def given") == 2


def test_a_marker_in_a_string_is_not_a_marker():
    """Only comments count, so that a docstring may speak of regions."""
    source = 'def f():\n    """\n    # BEGIN SOLUTION q1\n    """\n    return "# END SOLUTION"\n'
    assert stub_source(source, "a.py") == source


def _function(*body: str) -> str:
    return "def f():\n" + "".join(f"    {line}\n" for line in body)


@pytest.mark.parametrize(
    ("source", "message"),
    [
        (_function("# BEGIN SOLUTION q1", "return 1"), "a.py:2: BEGIN SOLUTION is never closed"),
        (
            _function("# BEGIN SOLUTION q1", "x = 1", "# BEGIN SOLUTION q2", "return x", "# END SOLUTION"),
            "a.py:4: BEGIN SOLUTION inside the region that line 2 begins",
        ),
        (_function("return 1", "# END SOLUTION"), "a.py:3: END SOLUTION without a BEGIN SOLUTION"),
        (
            _function("# BEGIN SOLUTION", "return 1", "# END SOLUTION"),
            "a.py:2: BEGIN SOLUTION needs a question id, got ''",
        ),
        (
            _function("# BEGIN SOLUTION q1 and more", "return 1", "# END SOLUTION"),
            "a.py:2: BEGIN SOLUTION needs a question id, got 'q1 and more'",
        ),
        (
            "# BEGIN SOLUTION q1\nx = 1\n# END SOLUTION\n",
            "a.py:1: a solution region must lie inside one function",
        ),
        (
            "class A:\n    # BEGIN SOLUTION q1\n    x = 1\n    # END SOLUTION\n",
            "a.py:2: a solution region must lie inside one function",
        ),
        (
            "# BEGIN SOLUTION q1\ndef f():\n    return 1\n# END SOLUTION\n",
            "a.py:1: a solution region must lie inside one function",
        ),
        (
            _function("y = 2", "# BEGIN SOLUTION q1", "return y") + _function("return 1", "# END SOLUTION"),
            "a.py:3: a solution region must lie inside one function",
        ),
        (
            "# BEGIN SOLUTION q1\ndef f(): return 1\n# END SOLUTION\n",
            "a.py:1: a solution region must lie inside one function",
        ),
        (
            _function("x = 1", "# BEGIN SOLUTION q1", "# a comment is no code", "# END SOLUTION", "return x"),
            "a.py:3: the solution region is empty",
        ),
        (
            _function("# BEGIN SOLUTION q1", "try:", "    x = 1", "# END SOLUTION", "finally:", "    x = 2"),
            "does not parse any more once its solution regions are taken out",
        ),
        (
            _function("x = 1  # BEGIN SOLUTION q1", "return x", "# END SOLUTION"),
            "a.py:2: BEGIN SOLUTION must be a comment line of its own",
        ),
        (
            _function("# BEGIN SOLUTION q1", "return 1  # END SOLUTION"),
            "a.py:3: END SOLUTION must be a comment line of its own",
        ),
        (
            _function("# begin solution q1", "return 1", "# END SOLUTION"),
            "a.py:2: write '# BEGIN SOLUTION <question id>' or '# END SOLUTION'",
        ),
        (
            _function("# BEGIN SOLUTION q1", "return 1", "# END SOLUTION q1"),
            "a.py:4: write '# BEGIN SOLUTION <question id>' or '# END SOLUTION'",
        ),
        ("def f(:\n", "a.py:1: does not parse"),
    ],
)
def test_a_mistake_in_the_regions_is_refused_with_its_place(source, message):
    """A region that is not exactly one is an error of the author, never a leaked solution."""
    with pytest.raises(UsageError) as caught:
        stub_source(source, "a.py")
    assert message in str(caught.value)


def test_answers_lose_their_values_and_their_markers():
    """Lines without a marker, comments and tables stay."""
    source = (
        '# see # ANSWER\n["1.3b"]\nscale = 2  # given\nout = [0.5, 1e-15]  # ANSWER\n'
        'text = "a # b = c"   # ANSWER\n"odd key" = 3 #ANSWER\n'
    )
    stub = stub_answers(source, "a.toml")
    assert stub == '# see # ANSWER\n["1.3b"]\nscale = 2  # given\nout = ""\ntext = ""\n"odd key" = ""\n'


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("out = [\n  1,\n]  # ANSWER\n", "a.toml:3: # ANSWER must end a line with a key and its whole value"),
        ("out = [  # ANSWER\n  1,\n]\n", "a.toml: does not parse any more once its answers are taken out"),
        ("out = \n", "a.toml: does not parse"),
    ],
)
def test_an_answer_that_is_not_on_one_line_is_refused(source, message):
    """What cannot be blanked safely is an error of the author."""
    with pytest.raises(UsageError) as caught:
        stub_answers(source, "a.toml")
    assert message in str(caught.value)


@pytest.fixture
def folders(tmp_path):
    """A reference of four files, one of them in a folder, and where its stubs go."""
    reference, student = tmp_path / "reference" / "tiny", tmp_path / "student" / "tiny"
    (reference / "layers").mkdir(parents=True)
    (reference / "hw.py").write_text(SOURCE)
    (reference / "layers" / "disc.py").write_text(SOURCE)
    (reference / "answers.toml").write_text("pi = 3.14  # ANSWER\n")
    (reference / "picture.bin").write_bytes(b"\x00\xff\r\n")
    return reference, student


def test_generate_handles_every_file_by_its_kind(folders):
    """Python and TOML files are stubs, also in folders; any other file is copied byte by byte."""
    reference, student = folders
    generate(reference, student)
    assert (student / "hw.py").read_text() == STUB
    assert (student / "layers" / "disc.py").read_text() == STUB
    assert (student / "answers.toml").read_text() == 'pi = ""\n'
    assert (student / "picture.bin").read_bytes() == b"\x00\xff\r\n"
    assert check(reference, student) == []


def test_caches_and_hidden_files_are_left_out(folders):
    """Compiled files and editors' copies would carry the solution."""
    reference, student = folders
    for folder in ("__pycache__", ".ipynb_checkpoints"):
        (reference / folder).mkdir()
        (reference / folder / "hw.pyc").write_bytes(b"solution")
    generate(reference, student)
    assert sorted(p.name for p in student.iterdir()) == ["answers.toml", "hw.py", "layers", "picture.bin"]


def test_a_region_in_a_file_without_a_handler_is_refused(folders):
    """Copied as it is, the file would give the solution away."""
    reference, student = folders
    (reference / "notes.txt").write_text("# BEGIN SOLUTION q1\n")
    with pytest.raises(UsageError, match=r"notes\.txt: BEGIN SOLUTION in a kind of file without regions"):
        generate(reference, student)


def test_one_bad_file_means_that_none_is_written(folders):
    """Half a set of stubs never reaches the students."""
    reference, student = folders
    (reference / "zz.py").write_text("# END SOLUTION\n")
    with pytest.raises(UsageError, match=r"zz\.py:1"):
        generate(reference, student)
    assert not student.exists()


def test_a_missing_reference_is_a_usage_error(tmp_path):
    """The sentence names the folder."""
    with pytest.raises(UsageError, match="nowhere is not a folder"):
        generate(tmp_path / "nowhere", tmp_path / "student")


def test_check_names_the_file_the_line_and_the_mend(folders):
    """Drift, a missing file and an extra file are one sentence each, and nothing is changed."""
    reference, student = folders
    generate(reference, student)
    (student / "hw.py").write_text(STUB.replace("2 * r", "3 * r"))
    (student / "answers.toml").unlink()
    (student / "old.py").write_text("")
    assert check(reference, student) == [
        "student/tiny/answers.toml is missing; run: python grader.py stubs tiny",
        "student/tiny/hw.py:12: differs from the stub of its reference; run: python grader.py stubs tiny",
        "student/tiny/old.py has no reference: remove it",
    ]
    generate(reference, student)
    assert check(reference, student) == ["student/tiny/old.py has no reference: remove it"]


def test_check_finds_lines_that_were_added_at_the_end(folders):
    """Two files that agree as far as the shorter one goes still differ."""
    reference, student = folders
    generate(reference, student)
    (student / "hw.py").write_text(STUB + "x = 1\n")
    assert check(reference, student)[0].startswith("student/tiny/hw.py:13: ")
    (student / "hw.py").write_text(STUB.removesuffix("\n"))
    assert check(reference, student)[0].startswith("student/tiny/hw.py:13: ")


# The real assignment.

REFERENCE, STUDENT = ROOT / "reference" / "binary_mlp", ROOT / "student" / "binary_mlp"


def _load(path: Path):
    spec = importlib.util.spec_from_file_location(f"_test_stubs_{path.parent.parent.name}_{path.stem}", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def stub():
    """The students' hw2.py, imported."""
    return _load(STUDENT / "hw2.py")


def _region_functions() -> list[str]:
    """Names of the reference's functions that have a region, found without the code under test."""
    source = (REFERENCE / "hw2.py").read_text()
    return [
        node.name
        for node in ast.parse(source).body
        if isinstance(node, ast.FunctionDef) and "# BEGIN SOLUTION" in ast.get_source_segment(source, node)
    ]


def test_the_students_files_are_up_to_date():
    """What is checked in is what the reference gives."""
    assert check(REFERENCE, STUDENT) == []


def test_eleven_functions_are_left_to_the_student():
    """One more or less means that a region was lost."""
    assert len(_region_functions()) == 11


@pytest.mark.parametrize("name", _region_functions())
def test_an_unwritten_function_says_so(stub, name):
    """It raises NotImplementedError with its question and its name, and it kept its docstring."""
    function = getattr(stub, name)
    needed = [p for p in inspect.signature(function).parameters.values() if p.default is p.empty]
    with pytest.raises(NotImplementedError, match=rf"^1\.[23][a-f]: {name} is not written yet$"):
        function(*[None] * len(needed))
    assert "Returns:" in function.__doc__


def test_the_given_functions_of_the_stub_work(stub, monkeypatch):
    """The two digits come scaled, labelled and in file order from any module named mnist."""
    stand_in = _load(ROOT / "tests" / "binary_mlp" / "given" / "mnist.py")
    monkeypatch.setitem(sys.modules, "mnist", stand_in)
    (X_train, y_train), (X_test, y_test) = stub.get_mnist_threes_nines()
    labels = stand_in.train_labels()
    kept = np.isin(labels, (3, 9))
    assert np.array_equal(X_train, stand_in.train_images()[kept] / 255)
    assert np.array_equal(y_train, (labels[kept] == 9).astype(int))
    assert X_test.shape[1:] == (28, 28)
    assert set(y_test.tolist()) == {0, 1}


def test_no_line_of_a_solution_is_left_in_the_students_files():
    """Every longer line inside a region that is nowhere outside one is gone, and so are all markers."""
    inside, outside, in_region = set(), set(), False
    with tokenize.open(REFERENCE / "hw2.py") as file:
        for line in map(str.strip, file):
            if line.startswith(("# BEGIN SOLUTION", "# END SOLUTION")):
                in_region = line.startswith("# BEGIN")
            else:
                (inside if in_region else outside).add(line)
    secret = {line for line in inside - outside if len(line) > 12}
    assert len(secret) > 50
    answers = tomllib.loads((REFERENCE / "answers.toml").read_text())
    for path in STUDENT.rglob("*.*"):
        if path.suffix in (".py", ".toml"):
            text = path.read_text()
            assert "BEGIN SOLUTION" not in text
            assert "END SOLUTION" not in text
            left = secret & set(map(str.strip, text.split("\n")))
            assert not left, f"{path.name} still has {left}"
            assert answers["1.3b"]["iv_cache"] not in text


def test_every_answer_of_the_student_is_empty():
    """The same keys as in the reference, all blank; the reference leaves none blank."""
    full, blank = (tomllib.loads((d / "answers.toml").read_text()) for d in (REFERENCE, STUDENT))
    assert {table: list(entries) for table, entries in full.items()} == {
        table: list(entries) for table, entries in blank.items()
    }
    assert all(value != "" for entries in full.values() for value in entries.values())
    assert all(value == "" for entries in blank.values() for value in entries.values())


# Fixture files, which are made out of the same reference.

MAKER = """\
import json, pickle
REFERENCE_MODULE = "hw"
def build(reference):
    assert reference.SCALE > 0, "SCALE must be positive"
    return {"toy.json": json.dumps({"x": [1.0, reference.SCALE]}).encode(),
            "toy.pkl": pickle.dumps((reference.SCALE,)), "toy.bin": b"abc"}
"""


@pytest.fixture
def assignment(tmp_path):
    """The root of a project with one tiny assignment and its fixtures."""
    for folder in ("tests", "reference"):
        (tmp_path / folder / "tiny").mkdir(parents=True)
    (tmp_path / "tests" / "tiny" / "assignment.toml").write_text("")
    (tmp_path / "tests" / "tiny" / "make_fixtures.py").write_text(MAKER)
    (tmp_path / "reference" / "tiny" / "hw.py").write_text("SCALE = 2.0\n")
    write_fixtures("tiny", tmp_path)
    return tmp_path


def test_written_fixtures_have_not_drifted(assignment):
    """What was just written is what the reference gives."""
    assert (assignment / "fixtures" / "tiny" / "toy.bin").read_bytes() == b"abc"
    assert check_fixtures("tiny", assignment) == []


def test_rounding_in_the_last_digits_is_no_drift(assignment):
    """Another BLAS may add up in another order."""
    (assignment / "fixtures" / "tiny" / "toy.json").write_text('{"x": [1.0, 2.0000000000001]}')
    assert check_fixtures("tiny", assignment) == []


@pytest.mark.parametrize(
    ("name", "content", "sentence"),
    [
        ("toy.json", b'{"x": [1.0, 2.00001]}', "toy.json: x[1] is 2.00001, the reference gives 2.0"),
        ("toy.json", b'{"x": [1.0]}', "toy.json: x has length 1, the reference gives 2"),
        ("toy.json", b'{"x": 1.0}', "toy.json: x is of type float, the reference gives list"),
        ("toy.json", b'{"y": 1.0}', "toy.json: the whole has the keys ['y'], the reference gives ['x']"),
        ("toy.json", b"{", "toy.json: cannot be read (JSONDecodeError)"),
        ("toy.pkl", b"", "toy.pkl: cannot be read (EOFError)"),
        ("toy.bin", b"abd", "toy.bin: differs from what the reference gives"),
    ],
)
def test_drift_of_a_fixture_is_one_sentence(assignment, name, content, sentence):
    """It names the file, the place and the mend."""
    (assignment / "fixtures" / "tiny" / name).write_bytes(content)
    assert check_fixtures("tiny", assignment) == [
        f"fixtures/tiny/{sentence}; run: python grader.py fixtures tiny"
    ]


def test_a_changed_reference_shows_in_every_file_that_depends_on_it(assignment):
    """The reference is read anew each time, whatever was imported before."""
    (assignment / "reference" / "tiny" / "hw.py").write_text("SCALE = 3.0  # longer than before\n")
    assert [line.split(": ")[0] for line in check_fixtures("tiny", assignment)] == [
        "fixtures/tiny/toy.json",
        "fixtures/tiny/toy.pkl",
    ]


def test_a_wrong_reference_cannot_write_fixtures(assignment):
    """What build() asserts of the reference is the author's error message."""
    (assignment / "reference" / "tiny" / "hw.py").write_text("SCALE = -1.0  # wrong on purpose\n")
    with pytest.raises(UsageError, match="refuses the reference: SCALE must be positive"):
        write_fixtures("tiny", assignment)


def test_an_unknown_assignment_has_no_fixtures(assignment):
    """The sentence names those that exist."""
    with pytest.raises(UsageError, match=r"unknown assignment 'tin': tests/ has tiny"):
        check_fixtures("tin", assignment)


def test_an_assignment_without_a_maker_has_nothing_to_do(assignment):
    """Not every assignment needs fixtures."""
    (assignment / "tests" / "tiny" / "make_fixtures.py").unlink()
    assert check_fixtures("tiny", assignment) == []


def test_the_fixtures_of_the_real_assignment_have_not_drifted():
    """The specification's check numbers hold, and the files are the reference's."""
    assert check_fixtures("binary_mlp", ROOT) == []
