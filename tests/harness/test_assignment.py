"""Manifests: what is read, and the one sentence for each way of getting it wrong."""

import pytest

from harness import assignment
from harness.errors import UsageError

MANIFEST = """
schema = 1
name = "demo"
title = "A demo"
handout = "none"
required = ["solution.py"]
points = 5
packages = ["numpy"]

[limits]
time_s = 1.5
memory_mib = 300

[[questions]]
id = "1"
title = "First"
points = 2
public = 2

[[questions]]
id = "2"
title = "Second"
points = 3
public = 1
prerequisites = ["1"]

[[questions.by_hand]]
id = "2-text"
title = "Why"
points = 1

[[questions]]
id = "3"
title = "More"
points = 4
public = 0
bonus = true
"""


def root_with(tmp_path, text, name="demo"):
    folder = tmp_path / "tests" / name
    folder.mkdir(parents=True)
    (folder / "assignment.toml").write_text(text, encoding="utf-8")
    return tmp_path


def test_manifest_is_read(tmp_path):
    """All that the manifest declares is there, and paths follow from its name."""
    demo = assignment.load("demo", root_with(tmp_path, MANIFEST))
    assert (demo.title, demo.required, demo.points) == ("A demo", ("solution.py",), 5)
    assert (demo.limits.time_s, demo.limits.cpu_s, demo.limits.memory_mib) == (1.5, 2, 300)
    assert demo.question("2").automatic == 2
    assert demo.hidden == tmp_path / "tests" / "demo" / "hidden"


def test_bonus_is_not_part_of_the_total(tmp_path):
    """A bonus question's points come on top."""
    demo = assignment.load("demo", root_with(tmp_path, MANIFEST))
    assert sum(q.points for q in demo.questions) == 9
    assert demo.question("3").bonus


def test_unknown_assignment_names_the_known_ones(tmp_path):
    """The sentence says what there is."""
    with pytest.raises(UsageError, match="there is no assignment 'other'; there is demo"):
        assignment.load("other", root_with(tmp_path, MANIFEST))


@pytest.mark.parametrize(
    ("old", "new", "sentence"),
    [
        ("points = 5", "points = 6", "`points` is 6, the questions add up to 5"),
        ("schema = 1", "schema = 9", "`schema` is 9; this version of Backmark reads 1"),
        ('name = "demo"', 'name = "omed"', "its folder is 'demo'"),
        ('required = ["solution.py"]', "required = []", "`required` names no file"),
        ('required = ["solution.py"]', "required = [3]", "`required` must be a list of strings"),
        ('title = "A demo"', "", "the key `title` is missing"),
        ('title = "A demo"', "title = 4", "`title` must be a str, got 4"),
        ("points = 2", "points = -2", "`points` must be a number of points, 0 or more, got -2"),
        ("points = 2", "points = true", "`points` must be a int or float, got True"),
        ("public = 1", "public = 3", "question 2: `public` is 3, more than the 2 that tests decide"),
        ('prerequisites = ["1"]', 'prerequisites = ["3"]', "its prerequisite '3' is no question before it"),
        ('id = "3"', 'id = "1"', "question 1 is declared twice"),
        ("bonus = true", "bonus = true\ncolour = 3", "question 3: unknown key `colour`"),
        ("time_s = 1.5", "time = 1.5", "limits: unknown key `time`"),
        ("schema = 1", "schema = = 1", "not valid TOML"),
    ],
)
def test_malformed_manifest_is_told_in_one_sentence(tmp_path, old, new, sentence):
    """The sentence names the file, the place and the rule."""
    assert old in MANIFEST
    with pytest.raises(UsageError) as caught:
        assignment.load("demo", root_with(tmp_path, MANIFEST.replace(old, new, 1)))
    assert sentence in str(caught.value)
    assert "assignment.toml" in str(caught.value)
