"""Packed submissions: what travels is what was handed in, and the hash tells any two apart."""

import os
import zipfile

import pytest

from harness.errors import Refused
from harness.intake.archives import StagingLimits
from harness.intake.packed import pack, read_packed, write_packed
from harness.intake.staging import stage

HW = b"x = 1\n"
LIMITS = StagingLimits(files=4, folders=4, file_bytes=100, total_bytes=250)


def folder(path, files):
    for name, data in files.items():
        (path / name).parent.mkdir(parents=True, exist_ok=True)
        (path / name).write_bytes(data)
    return path


def staged(source, destination):
    """What staging makes of a source: names, contents, notes and what it left out; or the refusal."""
    destination.mkdir()
    try:
        result = stage(source, destination, required=["hw2.py"], limits=LIMITS)
    except Refused as e:
        return str(e)
    return {f: (result.root / f).read_bytes() for f in result.files}, result.notes, result.skipped


def make(tmp_path, kind):
    """A submission of some kind, odd ones included."""
    path = tmp_path / "s"
    if kind == "zip":
        with zipfile.ZipFile(tmp_path / "s.zip", "w") as archive:
            archive.writestr("hw2.py", HW)
        return tmp_path / "s.zip"
    if kind in ("module", "damaged zip"):
        path = tmp_path / ("answer.py" if kind == "module" else "s.zip")
        path.write_bytes(HW)
        return path
    folder(path, {"hw2.py": HW, "more/notes.txt": b"n"})
    if kind == "link":
        (path / "link").symlink_to("/etc/passwd")
    if kind == "link to a folder":
        (tmp_path / "l").symlink_to(path)
        return tmp_path / "l"
    if kind == "pipe":
        os.mkfifo(path / "pipe")
    if kind == "long file":
        (path / "long").write_bytes(b"0" * 101)
    if kind == "files too long together":
        folder(path, {f"{i}": b"0" * 90 for i in range(3)})
    if kind == "too many files":
        folder(path, {f"{i}": b"" for i in range(4)})
    if kind == "far too many files":
        folder(path, {f"{i}": b"" for i in range(20)})
    if kind == "odd names":
        (path / "\u202e.txt").write_bytes(b"")
    if kind == "bytes":
        (path / os.fsdecode(b"\xff.txt")).write_bytes(b"")
    return path


KINDS = (
    "folder",
    "zip",
    "module",
    "damaged zip",
    "link",
    "link to a folder",
    "pipe",
    "long file",
    "files too long together",
    "too many files",
    "far too many files",
    "odd names",
    "bytes",
)


@pytest.mark.parametrize("kind", KINDS)
def test_what_travels_is_staged_as_what_lies_here(tmp_path, kind):
    """Packed, written, read and staged, a submission ends as it does without: taken in, or refused by the same words."""
    source = make(tmp_path, kind)
    packed = pack(source, limits=LIMITS)
    write_packed(packed, tmp_path / "packed")
    again = read_packed(tmp_path / "packed")
    assert again == packed
    here, there = staged(source, tmp_path / "here"), staged(again, tmp_path / "there")
    assert here == there
    assert isinstance(here, str) == (kind not in ("folder", "zip", "module"))


def test_no_two_submissions_share_a_hash(tmp_path):
    """Names, contents, kinds and their bounds all count; the name of the folder does not."""
    one = {"hw2.py": HW}
    variants = [
        {"hw2.py": HW + b"\n"},
        {"hw2.pyx": HW},
        {"hw2.py": HW, "a": b""},
        {"hw2.py": HW, "a/b": b""},
        {"hw2.py": b"", "x = 1\n": b""},
        {"a": b"b", "hw2.py": HW},
        {"ab": b"", "hw2.py": HW},
    ]
    hashes = {pack(folder(tmp_path / f"{i}", files)).sha256 for i, files in enumerate([one, *variants])}
    (tmp_path / "0" / "sub").mkdir()
    hashes.add(pack(tmp_path / "0").sha256)
    (tmp_path / "0" / "sub").rmdir()
    (tmp_path / "0" / "a").symlink_to("hw2.py")
    hashes.add(pack(tmp_path / "0").sha256)
    for name in ("hw2.py", "hw2.ipynb", "hw2.zip"):
        (tmp_path / name).write_bytes(HW)
        hashes.add(pack(tmp_path / name).sha256)
    assert len(hashes) == len(variants) + 6
    assert pack(folder(tmp_path / "other", one)).sha256 == pack(folder(tmp_path / "name", one)).sha256


def test_several_files_become_one_submission(tmp_path):
    """Files of a flat export get the names that they should have; their hash is that of the same folder."""
    (tmp_path / "ada_1_2_hw2-1.py").write_bytes(HW)
    packed = pack({"hw2.py": tmp_path / "ada_1_2_hw2-1.py"}, "ada_1")
    assert packed.name == "ada_1"
    assert packed.sha256 == pack(folder(tmp_path / "s", {"hw2.py": HW})).sha256
    files, _, _ = staged(packed, tmp_path / "there")
    assert files == {"hw2.py": HW}


def test_a_link_among_several_files_is_refused(tmp_path):
    """What lies at an export's path is not trusted."""
    (tmp_path / "secret").write_bytes(b"s")
    (tmp_path / "ada_1_2_hw2.py").symlink_to(tmp_path / "secret")
    said = staged(pack({"hw2.py": tmp_path / "ada_1_2_hw2.py"}, "ada_1"), tmp_path / "there")
    assert "symbolic link" in said
