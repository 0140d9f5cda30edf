"""The reference is kept apart from a submission's modules of the same names."""

import sys
import types

from harness.reference import Reference


def reference_with(folder, **files):
    for name, text in files.items():
        (folder / f"{name}.py").write_text(text, encoding="utf-8")
    return Reference(folder)


def test_a_submission_of_the_same_name_is_left_alone(tmp_path, monkeypatch):
    """What stands in sys.modules under the name stays there, and is not taken for the reference."""
    theirs = types.ModuleType("solution_of_both")
    monkeypatch.setitem(sys.modules, "solution_of_both", theirs)
    reference = reference_with(tmp_path, solution_of_both="WHO = 'the reference'")
    assert reference.solution_of_both.WHO == "the reference"
    assert sys.modules["solution_of_both"] is theirs


def test_modules_of_the_reference_find_each_other(tmp_path):
    """Several files, whichever is asked for first, and each imported once."""
    reference = reference_with(
        tmp_path, part_of_it="COUNT = []", all_of_it="import part_of_it\npart_of_it.COUNT.append(1)"
    )
    assert reference.part_of_it.COUNT == []
    assert reference.all_of_it.part_of_it is reference.part_of_it
    assert reference.part_of_it.COUNT == [1]
    assert not {"part_of_it", "all_of_it"} & set(sys.modules)
