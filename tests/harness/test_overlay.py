"""Given files that were not handed in, and files that came without their folder."""

import sys

import numpy as np
import pytest

from harness import assignment
from harness.errors import NotWritten, Refused, UsageError
from harness.isolation.inprocess import InProcess
from harness.isolation.submission import Submission
from tests.harness.conftest import written
from tests.harness.package_assignment import (
    ACTS,
    DERIVATIONS,
    LAYERS,
    MANIFEST,
    STUBS,
    WHOLE,
    package,
    package_root,
    take,
)

GIVEN = ["check.ipynb", "net/__init__.py", "net/base.py", "net/utils/pad.py"]


@pytest.fixture
def pack(tmp_path):
    return package(tmp_path / "root")


# The manifest


def test_given_files_are_read_from_the_manifest(pack):
    """`given` names files of the students' folder; without the key there are none."""
    assert sorted(pack.given_files) == GIVEN
    assert {str(p.relative_to(pack.student)) for p in pack.given_sources().values()} == set(GIVEN)
    assert assignment.load("binary_mlp").given_files == ()


def test_a_given_file_that_is_not_there_is_told(pack):
    """The sentence names the manifest, the file, and the mend."""
    (pack.student / "net/base.py").unlink()
    with pytest.raises(UsageError, match=r"assignment\.toml: `given` names net/base\.py.*stubs pack"):
        pack.given_sources()
    (pack.student / "net/base.py").symlink_to("/etc/passwd")
    with pytest.raises(UsageError, match=r"net/base\.py"):
        pack.given_sources()


@pytest.mark.parametrize("name", ["../x.py", "/etc/passwd", "net//x.py", "./x.py", "", "a\\\\b", "net/.."])
def test_given_names_lead_nowhere_else(tmp_path, name):
    """A name in the manifest is plain, or refused."""
    root = package_root(tmp_path)
    text = MANIFEST.replace('"check.ipynb"', f'"{name}"')
    (root / "tests/pack/assignment.toml").write_text(text)
    with pytest.raises(UsageError, match="`given` must hold plain names"):
        assignment.load("pack", root)


def test_a_file_is_required_or_given_not_both(tmp_path):
    """A name that stands in two lists is a mistake."""
    root = package_root(tmp_path)
    (root / "tests/pack/assignment.toml").write_text(MANIFEST.replace("check.ipynb", "Net/Acts.py"))
    with pytest.raises(UsageError, match=r"Net/Acts\.py is named twice, in `required` and in `given`"):
        assignment.load("pack", root)


# Staged


def test_given_files_that_are_missing_are_put_in_place(tmp_path, pack):
    """Those that are missing are the assignment's, with one note; a submission's own copies win."""
    staged = take(written({**WHOLE, "net/base.py": "MINE = 1\n"}, tmp_path / "s"), pack)
    assert (staged.root / "net/base.py").read_text() == "MINE = 1\n"
    assert (staged.root / "net/utils/pad.py").read_text() == STUBS["net/utils/pad.py"]
    assert staged.files == sorted([*WHOLE, *GIVEN])
    assert staged.notes == [
        "3 given files were not handed in; the assignment's own were used: net/__init__.py, "
        "net/utils/pad.py, check.ipynb."
    ]


def test_identity_covers_what_was_handed_in(tmp_path, pack):
    """The assignment's own files are no part of a submission's identity; its own copies are."""
    before = take(written(WHOLE, tmp_path / "a"), pack).sha256
    (pack.student / "net/base.py").write_text("CHANGED = 1\n")
    assert take(written(WHOLE, tmp_path / "b"), pack).sha256 == before
    assert take(written({**WHOLE, "net/base.py": ""}, tmp_path / "c"), pack).sha256 != before


@pytest.mark.parametrize(
    ("extra", "stands"),
    [
        ({"net/utils": "x"}, "net/utils"),
        ({"net/base.py/x": "x"}, "net/base.py/"),
        ({"check.ipynb/": ""}, "check"),
    ],
)
def test_what_is_in_the_way_of_a_given_file_is_named(tmp_path, pack, extra, stands):
    """A file where a folder must be, or a folder where a file must be, is refused in a sentence."""
    source = written(WHOLE, tmp_path / "s")
    for name, text in extra.items():
        if name.endswith("/"):
            (source / name).mkdir()
        else:
            written({name: text}, source)
    with pytest.raises(Refused, match=rf"^{stands}.* is in the way of the given file"):
        take(source, pack)


def test_a_name_that_differs_in_case_only_does_no_harm(tmp_path, pack):
    """A folder in two spellings is refused; a file in another spelling is not the given one, which is put there."""
    with pytest.raises(Refused, match="one name to some systems"):
        take(written({**WHOLE, "Net/base.py": "MINE = 1\n"}, tmp_path / "s"), pack)
    staged = take(written({**WHOLE, "net/Base.py": "MINE = 1\n"}, tmp_path / "t"), pack)
    assert (staged.root / "net/Base.py").read_text() == "MINE = 1\n"
    assert (staged.root / "net/base.py").read_text() == STUBS["net/base.py"]


def test_links_are_refused_before_anything_is_put_in_place(tmp_path, pack):
    """A link where a given file belongs leads nowhere: the submission is refused."""
    source = written(WHOLE, tmp_path / "s")
    outside = tmp_path / "outside"
    outside.mkdir()
    (source / "net/utils").symlink_to(outside)
    with pytest.raises(Refused, match="symbolic link"):
        take(source, pack)
    assert not list(outside.iterdir())


# Without their folder

FLAT = {"acts.py": ACTS, "layers.py": LAYERS}


@pytest.mark.parametrize("where", ["", "work/", "a/b/neural/", "net/"])
def test_files_without_their_folder_are_put_into_it(tmp_path, pack, where):
    """Flat at the top, in some folder, or in the package folder handed in by itself: the same submission."""
    files = {f"{where}{n}": t for n, t in FLAT.items()} | {f"{where}base.py": "MINE = 1\n"}
    folder = written(files, tmp_path / "s")
    source = folder / "net" if where == "net/" else folder
    staged = take(source, pack, tmp_path)
    assert (staged.root / "net/acts.py").read_text() == ACTS
    assert (staged.root / "net/base.py").read_text() == "MINE = 1\n"
    assert staged.files == sorted(["net/acts.py", "net/layers.py", *GIVEN])
    assert staged.notes[0] == (
        "The files were handed in without the folder net/, and were put into it: acts.py, base.py, layers.py."
    )


def test_what_belongs_beside_the_folder_stays_there(tmp_path, pack):
    """Optional files are not put into the package, and helpers of the student's are."""
    flat = {**FLAT, "helper.py": "x = 1\n", "derivations.py": DERIVATIONS, "predictions.csv": "Id,Category\n"}
    staged = take(written(flat, tmp_path / "s"), pack)
    assert {"derivations.py", "predictions.csv", "net/helper.py", "net/acts.py"} <= set(staged.files)
    assert "helper.py" not in staged.files
    renamed = {f"nn/{n}": t for n, t in FLAT.items()} | {"derivations.py": DERIVATIONS}
    staged = take(written(renamed, tmp_path / "t"), pack)
    assert staged.files == sorted([*GIVEN, "derivations.py", "net/acts.py", "net/layers.py"])


def test_the_proper_layout_comes_first(tmp_path, pack):
    """Where the package is there, loose files of the same names are nothing but loose files."""
    staged = take(
        written({**WHOLE, "acts.py": "loose = 1\n", "layers.py": "loose = 1\n"}, tmp_path / "s"), pack
    )
    assert (staged.root / "net/acts.py").read_text() == ACTS
    assert (staged.root / "acts.py").read_text() == "loose = 1\n"


@pytest.mark.parametrize(
    ("files", "sentence"),
    [
        ({**FLAT, "net/acts.py": "x"}, "acts.py and net/acts.py are both there: keep one"),
        ({"a/acts.py": "x", "a/layers.py": "x", "b/acts.py": "x", "b/layers.py": "x"}, "a and b both hold"),
        ({"acts.py": "x"}, "net/acts.py is missing"),
        ({**FLAT, "net": "x"}, "belongs at net/"),
        ({**FLAT, "utils/pad.py": "x", "net/utils": "x"}, "utils/pad.py belongs at net/utils/pad.py"),
    ],
)
def test_what_is_not_clear_is_refused(tmp_path, pack, files, sentence):
    """Which of two files counts, and where a missing one may be, is not ours to guess."""
    with pytest.raises(Refused) as refused:
        take(written(files, tmp_path / "s"), pack)
    assert sentence in str(refused.value)


def test_a_notebook_of_one_required_file_may_be_flat(tmp_path, pack):
    """layers.ipynb beside acts.py becomes net/layers.py, as net/layers.ipynb does."""
    cells = '{"nbformat": 4, "cells": [{"cell_type": "code", "source": "y = 2"}]}'
    for name, where in (("layers.ipynb", ""), ("net/layers.ipynb", "net/")):
        staged = take(written({f"{where}acts.py": ACTS, name: cells}, tmp_path / f"s{len(where)}"), pack)
        assert "y = 2" in (staged.root / "net/layers.py").read_text()
        assert "net/acts.py" in staged.files


# In this very process


def in_process(folder, pack):
    return InProcess(folder, 1, probes=pack.probes, overlay=pack.given_sources())


@pytest.mark.parametrize("extra", [{}, {"net/__init__.py": ""}, {"net/utils/other.py": ""}])
def test_missing_given_modules_are_found_in_process(tmp_path, pack, extra):
    """With and without __init__.py and utils/, and nothing is written into the student's folder."""
    folder = written({**WHOLE, **extra}, tmp_path / "s")
    before = sorted(folder.rglob("*"))
    meta_path = list(sys.meta_path)
    peer = in_process(folder, pack)
    submission = Submission(lambda: peer, optional=pack.optional)
    try:
        assert submission.probe("both", np.array([-1.0, 2.0])).tolist() == [0.0, 4.0]
        assert submission.load("derivations").twice(3) == 6
        assert {"net.base", "net.utils", "net.utils.pad"} <= set(sys.modules)
    finally:
        submission.close()
    assert sys.meta_path == meta_path
    assert not [m for m in sys.modules if m == "net" or m.startswith(("net.", "derivations"))]
    assert [p for p in sorted(folder.rglob("*")) if "__pycache__" not in p.parts] == before


def test_own_copies_win_in_process(tmp_path, pack):
    """The finder is the last to be asked; and it finds no more than what is given."""
    folder = written({**WHOLE, "net/base.py": "class Base:\n    MINE = 1\n"}, tmp_path / "s")
    (pack.student / "net/secret.py").write_text("x = 1\n")
    (pack.student / "net/utils/secret.py").write_text("x = 1\n")
    peer = in_process(folder, pack)
    submission = Submission(lambda: peer)
    try:
        assert submission.load("net.acts").ReLU().MINE == 1
        for name in ("net.secret", "net.utils.secret"):
            with pytest.raises(ModuleNotFoundError):
                submission.load(name)
    finally:
        submission.close()


def test_two_submissions_one_after_the_other_share_nothing(tmp_path, pack):
    """Packages without __init__.py are forgotten, too."""
    for value in (1, 2):
        folder = written(
            {"net/acts.py": f"VALUE = {value}\ndef get(): return VALUE\n"}, tmp_path / str(value)
        )
        peer = in_process(folder, pack)
        try:
            assert Submission(lambda peer=peer: peer).load("net.acts").get() == value
        finally:
            peer.close()


def test_an_optional_module_that_was_not_handed_in_is_not_written(tmp_path, pack):
    """Only where just that module is missing; an import inside of it that fails is a failure."""
    files = {name: text for name, text in WHOLE.items() if name != "derivations.py"}
    for source, kind in ((None, NotWritten), ("import derivation\n", ModuleNotFoundError)):
        folder = written({**files, **({"derivations.py": source} if source else {})}, tmp_path / str(kind))
        peer = in_process(folder, pack)
        submission = Submission(lambda peer=peer: peer, optional=pack.optional)
        try:
            with pytest.raises(kind) as caught:
                submission.load("derivations")
            assert source or str(caught.value) == "derivations.py was not handed in"
            assert isinstance(caught.value, NotWritten) == (source is None)
        finally:
            submission.close()
