"""Gradescope: autograder.zip, with all that grading one assignment needs, so that it works offline."""

import json
import tempfile
import zipfile
from collections.abc import Sequence
from pathlib import Path

from harness.assignment import Assignment
from harness.errors import UsageError
from harness.exports import wheels
from harness.exports.output import new_file
from harness.grading.identity import bundled_files

PRODUCT = Path(__file__).resolve().parents[2]
SCRIPTS = Path(__file__).resolve().parent / "gradescope_files"
LIMIT_MB = 768
EXECUTABLE, PLAIN = 0o755, 0o644
DATE = (2026, 1, 1, 0, 0, 0)  # the same bytes every time


def files_of(
    assignment: Assignment, *, pythons: Sequence[str], insecure: bool = False
) -> dict[str, bytes | Path]:
    """Everything but the wheels, by its path in the zip: bytes, or the file that holds them.

    No samples, and no other assignment.
    """
    settings = {"assignment": assignment.name, "insecure": insecure, "pythons": list(pythons)}
    files: dict[str, bytes | Path] = {
        "setup.sh": SCRIPTS / "setup.sh",
        "run_autograder": SCRIPTS / "run_autograder",
        "export.json": (json.dumps(settings) + "\n").encode(),
        "grader.py": PRODUCT / "grader.py",
        "requirements.lock": PRODUCT / "requirements.lock",
    }
    for path in sorted((PRODUCT / "harness").rglob("*")):
        if path.is_file() and "__pycache__" not in path.parts:
            files[path.relative_to(PRODUCT).as_posix()] = path
    for path in bundled_files(assignment):
        files[path.relative_to(assignment.root).as_posix()] = path
    return files


def write_zip(
    assignment: Assignment,
    to: Path,
    *,
    pythons: Sequence[str] = wheels.PYTHONS,
    machine: str = "x86_64",
    wheel_folder: Path | None = None,
    insecure: bool = False,
) -> int:
    """Write autograder.zip.

    Args:
        to: The file; replaced as a whole.
        pythons: Versions of Python to bring wheels for.
        machine: The processor of the container.
        wheel_folder: Where the wheels lie already; without it they are fetched.
        insecure: Grade even where the container has neither Landlock nor seccomp.

    Returns:
        Its size in bytes.

    Raises:
        UsageError: If wheels cannot be had, the file cannot be written, or it is too large for Gradescope.
    """
    files = files_of(assignment, pythons=pythons, insecure=insecure)
    with tempfile.TemporaryDirectory(prefix="backmark-wheels-") as temporary:
        folder = Path(temporary)
        lock = PRODUCT / "requirements.lock"
        wheels.fetch(lock, folder, pythons=pythons, machine=machine, source=wheel_folder)
        files |= {f"wheels/{path.name}": path for path in folder.glob("*.whl")}
        with new_file(to) as whole:
            _pack(files, whole)
            size = whole.stat().st_size
            if size > LIMIT_MB * 10**6:
                raise UsageError(
                    f"the zip would have {size / 1e6:.0f} MB, and Gradescope takes {LIMIT_MB}: name fewer Pythons "
                    "with --python-version"
                )
    return size


def _pack(files: dict[str, bytes | Path], path: Path) -> None:
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in sorted(files.items()):
            entry = zipfile.ZipInfo(name, DATE)
            mode = EXECUTABLE if name in ("setup.sh", "run_autograder") else PLAIN
            entry.external_attr = (0o100000 | mode) << 16
            entry.create_system = 3  # Unix: otherwise the bits are not read
            packed = name.endswith((".whl", ".npz", ".png", ".gz"))
            entry.compress_type = zipfile.ZIP_STORED if packed else zipfile.ZIP_DEFLATED
            archive.writestr(entry, content if isinstance(content, bytes) else content.read_bytes())
