"""An assignment as one archive, for machines that do not have it: tests, fixtures, reference, given files."""

import io
import tempfile
import zipfile
from pathlib import Path

from harness.assignment import Assignment
from harness.grading.identity import bundled_files


def make_bundle(assignment: Assignment) -> bytes:
    """A zip of all that grading needs of an assignment. Equal files give equal bytes."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for path in bundled_files(assignment):
            entry = zipfile.ZipInfo(path.relative_to(assignment.root).as_posix())
            entry.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(entry, path.read_bytes())
    return buffer.getvalue()


def open_bundle(data: bytes) -> Path:
    """Unpack a bundle of ours into a private folder, which is the root of a small checkout.

    Whoever calls this removes the folder.
    """
    folder = Path(tempfile.mkdtemp(prefix="backmark-bundle-"))
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        archive.extractall(folder)
    return folder
