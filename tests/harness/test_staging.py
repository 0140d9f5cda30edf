"""Submissions are staged whole and plain, or refused in one sentence."""

import errno
import gzip
import io
import os
import random
import socket
import stat
import struct
import tarfile
import tempfile
import zipfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.errors import GraderFault, Refused
from harness.intake import archives, unpacking
from harness.intake.archives import folder_entries
from harness.intake.staging import StagingLimits, stage

HW2 = b"x = 1\n"
REQUIRED = ["hw2.py"]


@pytest.fixture
def take(tmp_path):
    """Stages a source into a fresh folder."""

    def run(source, required=REQUIRED, **limits):
        destination = Path(tempfile.mkdtemp(dir=tmp_path))
        return stage(source, destination, required=required, limits=StagingLimits(**limits))

    return run


def make_folder(path, files):
    for name, data in files.items():
        (path / name).parent.mkdir(parents=True, exist_ok=True)
        (path / name).write_bytes(data)
    return path


def zip_bytes(*entries):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in entries:
            info = name if isinstance(name, zipfile.ZipInfo) else zipfile.ZipInfo(name)
            archive.writestr(info, data, zipfile.ZIP_DEFLATED)
    return out.getvalue()


def tar_bytes(*entries, mode="w:gz", tar_format=tarfile.PAX_FORMAT):
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode=mode, format=tar_format) as archive:
        for name, data in entries:
            info = name if isinstance(name, tarfile.TarInfo) else tarfile.TarInfo(name)
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
    return out.getvalue()


def special(name, kind, target=""):
    info = tarfile.TarInfo(name)
    info.type, info.linkname = kind, target
    return info


def write(tmp_path, name, data):
    (tmp_path / name).write_bytes(data)
    return tmp_path / name


def as_folder(tmp_path, files):
    return make_folder(tmp_path / "source", files)


def as_zip(tmp_path, files):
    return write(tmp_path, "s.zip", zip_bytes(*files.items()))


def as_tgz(tmp_path, files):
    return write(tmp_path, "s.tar.gz", tar_bytes(*files.items()))


def as_gnu_tar(tmp_path, files):
    return write(tmp_path, "s.tar", tar_bytes(*files.items(), mode="w", tar_format=tarfile.GNU_FORMAT))


every_container = pytest.mark.parametrize("pack", [as_folder, as_zip, as_tgz, as_gnu_tar])


@every_container
def test_every_container_stages_the_same_submission(tmp_path, take, pack):
    """A folder, a zip, a gzipped tar and an old GNU tar give the same files and identity."""
    files = {"hw2.py": HW2, "data/x": b"\x00\xff" * 70000, "d" * 120 + "/long.txt": b"", "é.txt": b"e"}
    staged = take(pack(tmp_path, files))
    assert staged.files == sorted(files)
    assert {n: (staged.root / n).read_bytes() for n in staged.files} == files
    other = tmp_path / "again"
    other.mkdir()
    assert staged.sha256 == take(as_folder(other, files)).sha256
    assert (staged.notes, staged.skipped) == ([], [])


def test_identity_changes_with_a_name_or_a_byte(tmp_path, take):
    """Two submissions that differ in one byte, or in one name, have different identities."""
    variants = [{"hw2.py": HW2, "a": b"bc"}, {"hw2.py": HW2, "ab": b"c"}, {"hw2.py": HW2, "a": b"bd"}]
    hashes = {take(make_folder(tmp_path / str(i), v)).sha256 for i, v in enumerate(variants)}
    assert len(hashes) == 3


def test_modes_do_not_depend_on_the_umask_or_the_source(tmp_path, take):
    """Staged files have mode 0644, folders 0755, the destination too."""
    source = make_folder(tmp_path / "s", {"hw2.py": HW2, "a/b.txt": b""})
    (source / "hw2.py").chmod(0o4777)
    before = os.umask(0o077)
    try:
        root = take(source).root
    finally:
        os.umask(before)
    modes = {p: stat.S_IMODE((root / p).stat().st_mode) for p in (".", "a", "hw2.py", "a/b.txt")}
    assert modes == {".": 0o755, "a": 0o755, "hw2.py": 0o644, "a/b.txt": 0o644}


@pytest.mark.parametrize(
    "name",
    [
        "../hw2.py",
        "a/../../hw2.py",
        "/etc/hw2.py",
        "C:/hw2.py",
        "a:b",
        "..\\hw2.py",
        "a\\hw2.py",
        "a\x1b[31m.py",
        "a\nb.py",
        "a\u202eyp.py",
        "a\u200b.py",
        "a\x7f.py",
        "n" * 151,
        "é" * 76,
        "1/2/3/4/5/6/7/8/hw2.py",
    ],
)
@pytest.mark.parametrize("pack", [as_zip, as_tgz, as_gnu_tar])
def test_unsafe_names_are_refused(tmp_path, take, name, pack):
    """A name that leads out, hides something, is too long or too deep is refused; nothing lands outside."""
    source = pack(tmp_path, {"hw2.py": HW2, name: b"bad"})
    before = set(tmp_path.iterdir())
    with pytest.raises(Refused, match=r"rename it|shorten it|move it up") as refusal:
        take(source)
    assert str(refusal.value).isprintable()
    (made,) = set(tmp_path.iterdir()) - before
    assert {p.name for p in made.rglob("*")} <= {"hw2.py"}


def test_a_nul_in_a_zip_name_does_not_hide_what_follows(tmp_path, take):
    """`hw2.py\\0.txt` is not `hw2.py`."""
    data = zip_bytes(("hw2.pyX.txt", HW2)).replace(b"hw2.pyX", b"hw2.py\0")
    with pytest.raises(Refused, match="unprintable"):
        take(write(tmp_path, "s.zip", data))


def test_names_that_are_not_utf8_are_refused(tmp_path, take):
    """A byte that is no UTF-8 in a tar or on disk becomes a surrogate, which is refused."""
    data = tar_bytes(("hw2.py", HW2), ("aXb", b""), mode="w", tar_format=tarfile.GNU_FORMAT)
    raw = bytearray(data)
    at = raw.index(b"aXb")
    raw[at + 1] = 0xFF
    raw[at + 148 : at + 156] = b"%06o\0 " % (int(raw[at + 148 : at + 154], 8) + 0xFF - ord("X"))
    with pytest.raises(Refused, match="unprintable"):
        take(write(tmp_path, "s.tar", bytes(raw)))
    folder = make_folder(tmp_path / "s", {"hw2.py": HW2})
    Path(os.fsdecode(os.fsencode(folder) + b"/a\xffb")).write_bytes(b"")
    with pytest.raises(Refused, match="unprintable"):
        take(folder)


@pytest.mark.parametrize("pack", [as_zip, as_tgz, as_folder])
@pytest.mark.parametrize(
    "twins",
    [("a.txt", "A.txt"), ("é", "e\u0301"), ("ﬁ.txt", "fi.txt"), ("A/x", "a/y"), ("straße", "STRASSE")],
)
def test_names_that_are_one_to_some_systems_are_refused(tmp_path, take, pack, twins):
    """Names that differ only in case or normal form, or whose folders do, are refused."""
    with pytest.raises(Refused, match="one name to some systems"):
        take(pack(tmp_path, {"hw2.py": HW2, twins[0]: b"1", twins[1]: b"2"}))


@pytest.mark.filterwarnings("ignore:Duplicate name")
@pytest.mark.parametrize("second", ["hw2.py", "./hw2.py", "hw2.py/inner"])
def test_duplicates_are_refused(tmp_path, take, second):
    """The same name twice, or as a file and a folder, is refused."""
    for name, pack in (("s.zip", zip_bytes), ("s.tgz", tar_bytes)):
        with pytest.raises(Refused, match="twice"):
            take(write(tmp_path, name, pack(("hw2.py", HW2), (second, b"other"))))


@pytest.mark.parametrize("mode", [stat.S_IFLNK, stat.S_IFIFO, stat.S_IFCHR, stat.S_IFSOCK])
def test_special_entries_of_a_zip_are_refused(tmp_path, take, mode):
    """A zip entry whose Unix mode says link, pipe, device or socket is refused."""
    info = zipfile.ZipInfo("x")
    info.create_system, info.external_attr = 3, (mode | 0o777) << 16
    with pytest.raises(Refused, match="put the plain file"):
        take(write(tmp_path, "s.zip", zip_bytes(("hw2.py", HW2), (info, b"/etc/passwd"))))


@pytest.mark.parametrize(
    "kind", [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.CHRTYPE, tarfile.BLKTYPE, tarfile.FIFOTYPE]
)
def test_special_entries_of_a_tar_are_refused(tmp_path, take, kind):
    """Links, devices and pipes in a tar are refused."""
    data = tar_bytes(("hw2.py", HW2), (special("x", kind, "hw2.py"), b""))
    with pytest.raises(Refused, match=r"x is a .*put the plain file"):
        take(write(tmp_path, "s.tar.gz", data))


def test_sparse_files_of_a_tar_are_refused(tmp_path, take):
    """A sparse file, in either notation, may claim terabytes in a few bytes and is refused."""
    pax = tarfile.TarInfo("x")
    pax.pax_headers = {"GNU.sparse.size": "1000000000000", "GNU.sparse.map": "0,1"}
    for info in (pax, special("x", tarfile.GNUTYPE_SPARSE)):
        with pytest.raises(Refused, match="sparse"):
            take(write(tmp_path, "s.tar.gz", tar_bytes(("hw2.py", HW2), (info, b""))))


def make_socket(path):
    here = os.getcwd()
    os.chdir(path.parent)  # the name of a socket is at most 108 bytes
    try:
        with socket.socket(socket.AF_UNIX) as s:
            s.bind(path.name)
    finally:
        os.chdir(here)


@pytest.mark.parametrize(
    ("make", "word"),
    [
        (lambda p: p.symlink_to("hw2.py"), "symbolic link"),
        (lambda p: p.symlink_to("/"), "symbolic link"),
        (lambda p: p.symlink_to("nowhere"), "symbolic link"),
        (lambda p: p.hardlink_to(p.parent / "hw2.py"), "hard link"),
        (os.mkfifo, "named pipe"),
        (make_socket, "socket"),
    ],
)
def test_special_files_of_a_folder_are_refused(tmp_path, take, make, word):
    """Links, pipes and sockets in a folder are refused, and never opened."""
    source = make_folder(tmp_path / "s", {"hw2.py": HW2})
    make(source / "x")
    with pytest.raises(Refused, match=word):
        take(source)


@pytest.mark.parametrize("swap", [lambda p: p.symlink_to("/etc/passwd"), os.mkfifo])
def test_a_file_that_is_swapped_after_the_look_is_refused(tmp_path, swap):
    """A file that becomes a link or a pipe between the look and the reading is refused, without hanging."""
    source = make_folder(tmp_path / "s", {"hw2.py": HW2})
    entries = folder_entries(source, StagingLimits())
    entry = next(entries)
    (source / "hw2.py").unlink()
    swap(source / "hw2.py")
    with pytest.raises(Refused, match="plain file"):
        unpacking._read(entry, 100, StagingLimits())


def test_a_link_as_the_source_is_refused(tmp_path, take):
    """The path itself is never followed, be it to a file or to a folder."""
    make_folder(tmp_path / "s", {"hw2.py": HW2})
    for name, target in (("l", tmp_path / "s"), ("l.py", tmp_path / "s" / "hw2.py")):
        (tmp_path / name).symlink_to(target)
        with pytest.raises(Refused, match="symbolic link"):
            take(tmp_path / name)


@every_container
def test_too_many_files_are_refused(tmp_path, take, pack):
    """One file over the limit is refused, and the limit itself is not; what is skipped counts."""
    files = {"hw2.py": HW2, "a": b"", "__pycache__/b": b""}
    source = pack(tmp_path, files)
    assert take(source, files=3).files == ["a", "hw2.py"]
    with pytest.raises(Refused, match="more than 2 files"):
        take(source, files=2)


def test_the_git_folder_of_a_clone_is_not_entered(tmp_path, take):
    """However much history a repository has, it is told as left out, and no limit applies to it."""
    make_folder(tmp_path / "s", {"hw2.py": HW2, **{f".git/objects/{n}": b"0" * 100 for n in range(9)}})
    staged = take(tmp_path / "s", files=1, total_bytes=len(HW2))
    assert (staged.files, staged.skipped) == (["hw2.py"], [".git/"])


def test_too_many_folders_are_refused(tmp_path, take):
    """Empty folders are counted as well."""
    with pytest.raises(Refused, match="folders"):
        take(write(tmp_path, "s.zip", zip_bytes(("hw2.py", HW2), ("a/", b""), ("b/", b""))), folders=1)


@every_container
def test_sizes_are_bounded(tmp_path, take, pack):
    """A file over its limit, and files over the total, are refused; what is skipped counts."""
    source = pack(tmp_path, {"hw2.py": HW2, "a": b"0" * 100, "__pycache__/b": b"0" * 100})
    assert take(source, file_bytes=100, total_bytes=206).skipped
    with pytest.raises(Refused, match="is over 99 bytes"):
        take(source, file_bytes=99)
    with pytest.raises(Refused, match=r"205 bytes in total"):
        take(source, total_bytes=205)


def test_bombs_are_stopped_while_unpacking(tmp_path, take):
    """A zip and a tar of a few kilobytes that unpack to 64 MiB are refused."""
    zeros = bytes(64 << 20)
    for name, data in (("s.zip", zip_bytes(("hw2.py", zeros))), ("s.tgz", tar_bytes(("hw2.py", zeros)))):
        assert len(data) < 100_000
        with pytest.raises(Refused, match=r"hw2.py is over 1 MiB"):
            take(write(tmp_path, name, data), file_bytes=1 << 20)


def test_an_endless_entry_is_read_no_further_than_its_limit():
    """What counts is what is read: an entry without an end is given up within one chunk of its limit."""

    class Endless:
        given_bytes = 0

        def read(self, size, /):
            self.given_bytes += size
            return bytes(size)

        def close(self):
            pass

    endless = Endless()
    entry = archives.Entry("x", archives.FILE, lambda: endless)
    with pytest.raises(Refused, match="1 MiB"):
        unpacking._read(entry, 1 << 30, StagingLimits(file_bytes=1 << 20))
    assert endless.given_bytes <= (1 << 20) + archives.CHUNK_BYTES


def test_a_tar_of_nothing_but_headers_or_padding_is_stopped(tmp_path, take):
    """What a gzip unpacks to is counted even where it is no file."""
    for data in (tar_bytes(("hw2.py", HW2), mode="w") + bytes(8 << 20), b"".join([pax_block()] * 9000)):
        with pytest.raises(Refused, match="unpacks to more"):
            take(write(tmp_path, "s.tar.gz", gzip.compress(data, 1)), total_bytes=1000)


def pax_block(body=b"12 path=abc\n", length=None):
    info = special("p", tarfile.XHDTYPE)
    info.size = len(body) if length is None else length
    return info.tobuf(tarfile.USTAR_FORMAT) + body + bytes(-len(body) % 512)


@pytest.mark.parametrize("claimed", [0, 10, 10**9])
def test_a_zip_that_lies_about_its_sizes_gains_nothing(tmp_path, take, claimed):
    """Headers that claim fewer or more bytes than there are neither pass a bomb nor make us fail."""
    zeros = bytes(4 << 20)
    data = zip_bytes(("hw2.py", zeros)).replace(struct.pack("<I", len(zeros)), struct.pack("<I", claimed))
    with pytest.raises(Refused):
        take(write(tmp_path, "s.zip", data), file_bytes=1 << 20)


@pytest.mark.parametrize("claimed", [0, 10, 10**11])
def test_a_tar_that_lies_about_its_sizes_gains_nothing(tmp_path, take, claimed):
    """A tar header with a false size is refused, at the latest where the next header should be."""
    info = tarfile.TarInfo("hw2.py")
    info.size = claimed
    data = info.tobuf(tarfile.GNU_FORMAT) + b"x" * 2048 + bytes(1024)
    with pytest.raises(Refused):
        take(write(tmp_path, "s.tar", data))


def test_extended_headers_of_a_tar_are_short_and_well_formed(tmp_path, take):
    """Long, endless or malformed extended headers are refused."""
    tail = tar_bytes(("hw2.py", HW2), mode="w")
    cases = [
        (pax_block(b"0" * 9000), "absurdly long"),
        (pax_block(length=1 << 30), "absurdly long"),
        (pax_block(b"0 path=a\n"), "damaged"),
        (pax_block(b"-5 path=a\n"), "damaged"),
        (pax_block(b"99 path=a\n"), "damaged"),
        (pax_block(b"path"), "damaged"),
        (pax_block(b"11 size=-5\n"), "below zero"),
    ]
    for block, words in cases:
        with pytest.raises(Refused, match=words):
            take(write(tmp_path, "s.tar", block + tail))
    assert take(write(tmp_path, "s.tar", pax_block(b"15 path=hw2.py\n") + tail)).files == ["hw2.py"]


def test_a_zip_with_a_giant_directory_is_refused(tmp_path, take):
    """A zip that lists a hundred thousand files is refused before they become objects."""
    one = zip_bytes(("hw2.py", b""))
    start = one.index(b"PK\1\2")
    end = one.index(b"PK\5\6")
    listing = one[start:end] * 100_000
    tail = struct.pack("<4s4H2IH", b"PK\5\6", 0, 0, 0xFFFF, 0xFFFF, len(listing), start, 0)
    with pytest.raises(Refused, match="far too many"):
        take(write(tmp_path, "s.zip", one[:start] + listing + tail))


@pytest.mark.parametrize("bit", [0x1, 0x40, 0x2000])
def test_encrypted_zips_are_refused(tmp_path, take, bit):
    """An entry whose flags say encrypted is refused, with the mend."""
    data = bytearray(zip_bytes(("hw2.py", HW2)))
    for at in (6, data.index(b"PK\1\2") + 8):
        data[at : at + 2] = struct.pack("<H", bit)
    with pytest.raises(Refused, match="without a password"):
        take(write(tmp_path, "s.zip", bytes(data)))


@pytest.mark.parametrize("method", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA, 9, 93, 99])
def test_rare_compression_is_refused(tmp_path, take, method):
    """Only stored and deflated entries are read."""
    data = bytearray(zip_bytes(("hw2.py", HW2)))
    for at in (8, data.index(b"PK\1\2") + 10):
        data[at : at + 2] = struct.pack("<H", method)
    with pytest.raises(Refused, match="ordinary zip"):
        take(write(tmp_path, "s.zip", bytes(data)))


@pytest.mark.parametrize("name", ["s.zip", "s.tar.gz", "s.tgz", "s.tar", "s.ipynb"])
@pytest.mark.parametrize("content", ["zip", "tgz", "tar", "text", "gzip", "nothing"])
def test_a_wrong_extension_is_refused(tmp_path, take, name, content):
    """A name that does not fit the content is refused."""
    made = {
        "zip": zip_bytes(("hw2.py", HW2)),
        "tgz": tar_bytes(("hw2.py", HW2)),
        "text": HW2,
        "nothing": b"",
        "tar": tar_bytes(("hw2.py", HW2), mode="w"),
        "gzip": gzip.compress(HW2 * 200),
    }
    source = write(tmp_path, name, made[content])
    if name in {"zip": ["s.zip"], "tgz": ["s.tar.gz", "s.tgz"], "tar": ["s.tar"]}.get(content, []):
        assert take(source).files == ["hw2.py"]
    else:
        with pytest.raises(Refused):
            take(source)


def test_other_extensions_are_refused(tmp_path, take):
    """What is neither a folder nor of a known kind is refused, and so is a path with nothing at it."""
    with pytest.raises(Refused, match="no known kind"):
        take(write(tmp_path, "s.rar", b"Rar!"))
    with pytest.raises(Refused, match="cannot be read"):
        take(tmp_path / "none.zip")


def test_truncated_archives_are_refused(tmp_path, take):
    """An archive that is cut anywhere is refused; never half a submission."""
    noise = random.Random(0).randbytes(3000)
    for name, data in (
        ("s.zip", zip_bytes(("a", noise), ("hw2.py", HW2))),
        ("s.tar.gz", tar_bytes(("hw2.py", HW2), ("a", noise))),
        ("s.tar", tar_bytes(("hw2.py", HW2), ("a", noise), mode="w").rstrip(b"\0")),
    ):
        for keep in range(0, len(data), 97):
            with pytest.raises(Refused):
                take(write(tmp_path, name, data[:keep]))


def test_a_wrong_checksum_is_refused(tmp_path, take):
    """A flipped bit in a stored zip entry or at the end of a gzip is noticed."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("hw2.py", "x = 1111\n")
    zipped = out.getvalue().replace(b"1111", b"1112")
    gzipped = bytearray(tar_bytes(("hw2.py", HW2)))
    gzipped[-8] ^= 1
    for name, data in (("s.zip", zipped), ("s.tgz", bytes(gzipped))):
        with pytest.raises(Refused, match="damaged"):
            take(write(tmp_path, name, data))


def test_empty_submissions_are_refused(tmp_path, take):
    """An archive or folder with no file, or none but skipped ones, is refused."""
    for name, data in (("s.zip", zip_bytes()), ("s.tgz", tar_bytes()), ("d.zip", zip_bytes(("a/", b"")))):
        with pytest.raises(Refused, match="holds no file"):
            take(write(tmp_path, name, data))
    with pytest.raises(Refused, match="holds no file"):
        take(make_folder(tmp_path / "s", {".git/config": b""}))


@every_container
def test_what_is_of_no_use_is_skipped_and_listed(tmp_path, take, pack):
    """Caches, repositories, environments and test settings are left out and listed, one line a folder."""
    useless = [
        "__MACOSX/._hw2.py",
        ".DS_Store",
        ".git/objects/ab",
        ".git/config",
        "__pycache__/hw2.cpython-311.pyc",
        ".ipynb_checkpoints/hw2.ipynb",
        ".venv/bin/python",
        "venv/x",
        "node_modules/y",
        "a.pyc",
        "b.so",
        "c.pth",
        "sitecustomize.py",
        "UserCustomize.py",
        "conftest.py",
        "pytest.ini",
        "tox.ini",
        "setup.cfg",
        "pyproject.toml",
        "._hw2.py",
        "in/conftest.py",
        "sitecustomize/__init__.py",
    ]
    staged = take(pack(tmp_path, {"hw2.py": HW2, "in/a": b"", **dict.fromkeys(useless, b"1")}))
    assert staged.files == ["hw2.py", "in/a"]
    on_disk = {p.relative_to(staged.root).as_posix() for p in staged.root.rglob("*")}
    assert on_disk == {"hw2.py", "in", "in/a"}
    folders = (
        "__MACOSX",
        ".git",
        "__pycache__",
        ".ipynb_checkpoints",
        ".venv",
        "venv",
        "node_modules",
        "sitecustomize",
    )
    plain = {u for u in useless if u.split("/")[0] not in folders}
    assert staged.skipped == sorted(plain | {f + "/" for f in folders})


def test_links_inside_a_skipped_folder_do_no_harm(tmp_path, take):
    """A virtual environment is full of links: it is skipped, never read through them."""
    source = make_folder(tmp_path / "s", {"hw2.py": HW2, ".venv/x": b""})
    (source / ".venv" / "python").symlink_to("/")
    (source / "venv").symlink_to("/")
    assert take(source).skipped == [".venv/", "venv"]


def test_required_files_are_found_in_a_sub_folder(tmp_path, take):
    """The root is the shallowest folder that holds all required files, at any depth."""
    files = {
        "README": b"",
        "a/hw2-main/hw2.py": HW2,
        "a/hw2-main/util.py": b"",
        "a/b/c/hw2.py": b"",
        "a/b/c/util.py": b"",
        "hw2.py": b"",
    }
    staged = take(as_folder(tmp_path, files), ["hw2.py", "util.py"])
    assert staged.root.parts[-2:] == ("a", "hw2-main")
    assert staged.files == ["hw2.py", "util.py"]


def test_two_roots_at_one_depth_are_refused(tmp_path, take):
    """Which of two copies counts is not ours to guess."""
    with pytest.raises(Refused, match=r"a and b both hold hw2\.py"):
        take(as_folder(tmp_path, {"a/hw2.py": b"1", "b/hw2.py": b"2", "c/d/hw2.py": b"3"}))


@pytest.mark.parametrize("found", ["HW2.py", "hw2 (1).py", "hw2-2.py", "hw2.py.txt", "HW2.ipynb"])
def test_a_similar_name_is_pointed_out_not_guessed(tmp_path, take, found):
    """The refusal says what is missing, what there is, and to rename it."""
    with pytest.raises(Refused) as refusal:
        take(as_folder(tmp_path, {found: HW2, "z": b""}))
    assert str(refusal.value) == f"hw2.py is missing, but there is {found}: rename it to hw2.py"


def test_what_is_missing_is_told_name_by_name(tmp_path, take):
    """Only missing files are named, and files that lie apart are said to."""
    source = as_folder(tmp_path, {"hw2.py": b"", "deep/zzz": b""})
    with pytest.raises(Refused, match=r"^util\.py is missing: add it"):
        take(source, ["hw2.py", "util.py"])
    make_folder(source, {"deep/util.py": b""})
    with pytest.raises(Refused, match="lie in different folders"):
        take(source, ["hw2.py", "util.py"])


def test_a_single_file_may_have_any_name(tmp_path, take):
    """A .py given by its path is staged under the one required name, whatever its own, with a note."""
    staged = take(write(tmp_path, "alice\u202e final.PY", HW2))
    assert staged.files == ["hw2.py"]
    assert (staged.root / "hw2.py").read_bytes() == HW2
    assert len(staged.notes) == 1
    assert staged.notes[0].isprintable()


def test_a_single_file_of_several_required_leaves_the_others_missing(tmp_path, take):
    """With several required files a single one keeps its name, and the rest is reported."""
    with pytest.raises(Refused, match=r"^util\.py is missing"):
        take(write(tmp_path, "hw2.py", HW2), ["hw2.py", "util.py"])
    with pytest.raises(Refused, match=r"hw2\.py is missing.*util\.py is missing"):
        take(write(tmp_path, "other.py", HW2), ["hw2.py", "util.py"])


NOTEBOOK = b'{"nbformat": 4, "cells": [{"cell_type": "code", "source": "%cd\\ny = 2"}]}'


def test_a_notebook_stands_in_for_a_required_file(tmp_path, take):
    """hw2.ipynb becomes hw2.py, in a folder by its stem and as a single file by any name."""
    single = take(write(tmp_path, "bob.ipynb", NOTEBOOK))
    folder = take(as_folder(tmp_path, {"x/hw2.ipynb": NOTEBOOK}))
    for staged in (single, folder):
        assert staged.files == ["hw2.ipynb", "hw2.py"]
        assert "y = 2" in (staged.root / "hw2.py").read_text()
        assert stat.S_IMODE((staged.root / "hw2.py").stat().st_mode) == 0o644
        assert any("%cd" in note for note in staged.notes)
    with pytest.raises(Refused, match="missing"):
        take(as_folder(tmp_path / "n", {"bob.ipynb": NOTEBOOK}))


def test_a_module_wins_over_its_notebook(tmp_path, take):
    """With both there the .py is graded, and a note says so; the notebook need not even be one."""
    staged = take(as_folder(tmp_path, {"hw2.py": HW2, "hw2.ipynb": b"junk"}))
    assert (staged.root / "hw2.py").read_bytes() == HW2
    assert staged.notes == ["hw2.ipynb was not used, since hw2.py is there too."]
    with pytest.raises(Refused, match=r"hw2\.ipynb: the notebook is not JSON"):
        take(as_folder(tmp_path / "n", {"hw2.ipynb": b"junk"}))


@pytest.mark.parametrize(
    ("before", "after", "note"),
    [
        ("s = 'é'\r\n".encode("utf-16"), "s = 'é'\n".encode(), "UTF-16"),
        (b"\xfe\xff" + "s = 'é'\n".encode("utf-16-be"), "s = 'é'\n".encode(), "UTF-16"),
        (b"s = '\xe9\x80'\n", "s = 'é€'\n".encode(), "Windows-1252"),
        (b"\n# -*- coding: latin-1 -*-\ns = '\xe9'\n", b"\n# -*- coding: latin-1 -*-\ns = '\xe9'\n", ""),
        (b"\xef\xbb\xbfx = 1\n", b"x = 1\n", ""),
        (b"a\r\nb\rc\nd", b"a\nb\nc\nd", ""),
        (b"x = 1\0\n", b"x = 1\0\n", ""),
        (b"s = '\x81'\r\n", b"s = '\x81'\r\n", "no encoding that we know"),
        (b"\xff\xfe\x00", b"\xff\xfe\x00", "no encoding that we know"),
        (b"", b"", ""),
    ],
)
def test_encodings_and_line_ends_of_modules(tmp_path, take, before, after, note):
    """A .py ends up in UTF-8 with plain line ends, with a note if its encoding changed; other files stay."""
    staged = take(as_folder(tmp_path, {"hw2.py": before, "data.txt": before}))
    assert (staged.root / "hw2.py").read_bytes() == after
    assert (staged.root / "data.txt").read_bytes() == before
    assert [note in n for n in staged.notes] == [True] * bool(note)


def failing_open(monkeypatch, code, when):
    real = os.open

    def fail(path, flags, *args, **kwargs):
        if when(flags):
            raise OSError(code, os.strerror(code))
        return real(path, flags, *args, **kwargs)

    monkeypatch.setattr(os, "open", fail)


def test_a_full_disk_is_never_the_students_fault(tmp_path, take, monkeypatch):
    """No space left while writing is a fault of the grader, in every container."""
    sources = [pack(tmp_path, {"hw2.py": HW2}) for pack in (as_folder, as_zip, as_tgz)]
    failing_open(monkeypatch, errno.ENOSPC, lambda flags: flags & os.O_CREAT)
    for source in sources:
        with pytest.raises(GraderFault, match="No space left"):
            take(source)


@pytest.mark.parametrize(
    ("code", "kind"), [(errno.EIO, GraderFault), (errno.EMFILE, GraderFault), (errno.EACCES, Refused)]
)
def test_a_source_that_cannot_be_read(tmp_path, take, monkeypatch, code, kind):
    """An I/O error is the grader's fault; a file without permission to read is the student's to mend."""
    sources = [pack(tmp_path, {"hw2.py": HW2}) for pack in (as_folder, as_zip)]
    failing_open(monkeypatch, code, lambda flags: flags & os.O_NOFOLLOW and not flags & os.O_CREAT)
    for source in sources:
        with pytest.raises(kind):
            take(source)


def test_running_out_of_memory_is_never_the_students_fault(tmp_path, take, monkeypatch):
    """A MemoryError while reading is the grader's fault, since all that is read is bounded."""

    def fail(*_):
        raise MemoryError

    source = as_zip(tmp_path, {"hw2.py": HW2})
    monkeypatch.setattr(archives.zipfile, "ZipFile", fail)
    with pytest.raises(GraderFault, match="memory"):
        take(source)


def test_a_destination_that_is_not_empty_is_our_fault(tmp_path):
    """Staging starts in an empty folder that exists."""
    source = as_folder(tmp_path, {"hw2.py": HW2})
    with pytest.raises(GraderFault, match="not empty"):
        stage(source, tmp_path, required=REQUIRED)
    with pytest.raises(GraderFault):
        stage(source, tmp_path / "none", required=REQUIRED)


BASES = {
    ".zip": zip_bytes(("hw2.py", HW2 * 50), ("a/b.txt", b"text" * 50)),
    ".tar": tar_bytes(("hw2.py", HW2 * 50), ("ä" * 60, b"text" * 50), mode="w"),
    ".tar.gz": tar_bytes(("hw2.py", HW2 * 50), ("a/b.txt", b"text" * 50)),
    ".ipynb": NOTEBOOK,
}


@st.composite
def hostile_bytes(draw):
    """Any bytes under an extension, or a sound file of that kind with some of its bytes changed."""
    suffix = draw(st.sampled_from(sorted(BASES)))
    if draw(st.booleans()):
        magic = draw(st.sampled_from([b"", b"PK\3\4", b"\x1f\x8b\x08\0", b"{"]))
        data = magic + draw(st.binary(max_size=600))
        return suffix, gzip.compress(data) if suffix == ".tar.gz" and draw(st.booleans()) else data
    unpacked = suffix == ".tar.gz" and draw(st.booleans())
    data = bytearray(BASES[".tar" if unpacked else suffix])
    for _ in range(draw(st.integers(1, 6))):
        at = draw(st.integers(0, len(data) - 1))
        piece = draw(st.binary(min_size=1, max_size=4))
        data[at : at + len(piece)] = piece
    return suffix, gzip.compress(bytes(data)) if unpacked else bytes(data)


@settings(max_examples=400, deadline=None)
@given(hostile_bytes())
def test_hostile_bytes_are_refused_or_staged_inside(hostile):
    """Whatever the bytes, the outcome is a refusal in printable words or plain files in the destination."""
    suffix, data = hostile
    with tempfile.TemporaryDirectory() as folder:
        outer = Path(folder)
        (outer / "in").mkdir()
        (outer / "out").mkdir()
        source = write(outer / "in", "s" + suffix, data)
        limits = StagingLimits(total_bytes=1 << 20)
        try:
            staged = stage(source, outer / "out", required=REQUIRED, limits=limits)
            said, where = "".join(staged.files), staged.root
        except Refused as refusal:
            said, where = str(refusal), outer / "out"
        assert said
        assert said.isprintable()
        assert where.is_relative_to(outer / "out")
        assert sorted(p.name for p in outer.iterdir()) == ["in", "out"]
        assert list((outer / "in").iterdir()) == [source]
        for path in (outer / "out").rglob("*"):
            assert stat.S_IFMT(path.lstat().st_mode) in (stat.S_IFREG, stat.S_IFDIR)
