"""The files of one submission's folder: each written whole, results.json last."""

import json
import math
import os
import re
import secrets
import shutil
from collections.abc import Collection, Mapping
from dataclasses import replace
from pathlib import Path, PurePosixPath

from harness.errors import UsageError
from harness.report import gradescope, junit, text_report
from harness.results import SCHEMA, SubmissionResult
from harness.text import one_line

RESULTS = "results.json"
CODE = "code"
_TEMPORARY = ".backmark-"
_PICTURE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*\.png")


def write_whole(path: Path, data: bytes) -> None:
    """Write `data` beside `path` and rename it there, so that no reader ever sees half a file."""
    os.replace(_temporary(path.parent, data), path)


def render_reports(result: SubmissionResult, pictures: dict[str, bytes] | None = None) -> dict[str, bytes]:
    """All files of a submission's report by their names, results.json last.

    Args:
        result: What to report. Figures for the leaderboard that are not finite are left out, with a note.
        pictures: PNG bytes by plain file name.

    Raises:
        ValueError: If a picture's name is not a plain `.png` name, or the score is not finite.
    """
    pictures = pictures or {}
    for name in pictures:
        if not _PICTURE.fullmatch(name):
            raise ValueError(f"a picture's name must be plain and end in .png, got {name!r}")
    result = _finite(result)
    return {
        **pictures,
        "gradescope.json": _json(gradescope.render(result)),
        "junit.xml": junit.render(result).encode("utf-8", "backslashreplace"),
        "report.txt": text_report.render(result).encode("utf-8", "backslashreplace"),
        RESULTS: _json(result.to_dict()),
    }


def write_reports(result: SubmissionResult, folder: Path, pictures: dict[str, bytes] | None = None) -> None:
    """Write what `render_reports` makes into `folder`, as `write_rendered` does.

    Pictures that an earlier result listed and this one does not are removed; listed pictures whose bytes are not
    given here stay as they are, and so does the code.
    """
    write_rendered(render_reports(result, pictures), folder, {p.file for p in result.pictures})


def write_rendered(
    reports: Mapping[str, bytes],
    folder: Path,
    pictures: Collection[str],
    code: Mapping[str, bytes] | None = None,
) -> None:
    """Write a submission's files.

    results.json goes first and comes back last: where it is present, the submission is finished. Temporary files
    of a run that was killed are removed, too.

    Args:
        reports: File contents by plain name.
        folder: Made if missing. Other files in it are left alone.
        pictures: Names of the pictures that belong to the report; others that an earlier one listed are removed.
        code: The student's modules by the assignment's own names for them; they replace the folder `code`. None
            leaves that as it is.
    """
    if folder.is_symlink() or (folder.exists() and not folder.is_dir()):
        raise UsageError(f"{folder} is in the way: reports belong into a folder of that name; move it away")
    folder.mkdir(parents=True, exist_ok=True)
    for leftover in folder.glob(f"{_TEMPORARY}*.tmp"):
        leftover.unlink(missing_ok=True)
    outdated = _listed_pictures(folder) - set(pictures)
    # All bytes are on the disk before anything old goes: a full disk leaves the earlier report intact.
    ready: dict[str, Path] = {}
    try:
        for name in sorted(reports, key=lambda n: n == RESULTS):
            ready[name] = _temporary(folder, reports[name])
        (folder / RESULTS).unlink(missing_ok=True)
        for name in outdated:
            (folder / name).unlink(missing_ok=True)
        if code is not None:
            _replace_code(folder / CODE, code)
        for name, temporary in ready.items():
            os.replace(temporary, folder / name)
    finally:
        for temporary in ready.values():
            temporary.unlink(missing_ok=True)


def _replace_code(folder: Path, code: Mapping[str, bytes]) -> None:
    shutil.rmtree(folder, ignore_errors=True)
    for name, data in code.items():
        path = folder.joinpath(*PurePosixPath(name).parts)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)


def read_result(folder: Path) -> SubmissionResult:
    """The result that `write_reports` left in `folder`.

    Raises:
        UsageError: If results.json is missing, is not ours, or was written by another version.
    """
    path = folder / RESULTS
    try:
        data = json.loads(path.read_bytes())
    except OSError as error:
        raise UsageError(f"{path} cannot be read ({error.strerror}): grade this submission again") from None
    except ValueError:
        raise UsageError(f"{path} is not JSON: grade this submission again") from None
    found = data.get("schema") if isinstance(data, dict) else None
    if found != SCHEMA:
        got = one_line(str(found), 40)
        raise UsageError(f"{path} must have schema {SCHEMA}, got {got}: grade this submission again")
    try:
        return SubmissionResult.from_dict(data)
    except (TypeError, AttributeError) as error:
        reason = one_line(str(error))
        raise UsageError(f"{path} has the wrong keys ({reason}): grade this submission again") from None


def _temporary(folder: Path, data: bytes) -> Path:
    # Not tempfile: its files are private to their owner, and a report is meant to be read by the staff.
    path = folder / f"{_TEMPORARY}{secrets.token_hex(6)}.tmp"
    try:
        with path.open("xb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
    except BaseException:
        path.unlink(missing_ok=True)
        raise
    return path


def _json(data: object) -> bytes:
    # ASCII escapes keep any odd character inert; NaN is not JSON, and a reader would choke on it.
    return (json.dumps(data, indent=1, ensure_ascii=True, allow_nan=False) + "\n").encode("ascii")


def _listed_pictures(folder: Path) -> set[str]:
    try:
        earlier = read_result(folder)
    except UsageError:
        return set()
    names = {str(picture.file) for picture in earlier.pictures}
    return {name for name in names if _PICTURE.fullmatch(name)}


def _finite(result: SubmissionResult) -> SubmissionResult:
    dropped = [entry for entry in result.leaderboard if not math.isfinite(entry.value)]
    if not dropped:
        return result
    notes = [f"No leaderboard figure for {one_line(e.name)}: it came out as {e.value}." for e in dropped]
    kept = [entry for entry in result.leaderboard if math.isfinite(entry.value)]
    return replace(result, leaderboard=kept, notes=[*result.notes, *notes])
