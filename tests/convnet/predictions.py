"""The competition's file, predictions.csv: its format, and the classes that it names."""

from typing import Any

import numpy as np

from harness import expect
from harness.errors import NotFilledIn, NotHandedIn
from harness.expect import Mismatch

PREDICTIONS = "predictions.csv"
N_TEST_IMAGES, N_CLASSES = 10_000, 10
MAX_PREDICTIONS_BYTES = 1 << 20
NONE = -1  # where no class is named


def predictions(submission: Any) -> np.ndarray:
    """The classes that predictions.csv names, in the order of the ids: int, shape (10000,).

    The ids are 0 to 9999 in any order, or 1 to 10000, which is one more each.

    Raises:
        NotWritten: If the file is not there, or has no rows.
        Mismatch: If a row is malformed, or an id is missing, repeated or unknown: the hint says which.
    """
    classes, complaint = read(submission)
    if complaint:
        raise complaint
    return classes


def read(submission: Any) -> tuple[np.ndarray, Mismatch | None]:
    """What predictions.csv names as far as it can be understood, and what is wrong with its format first of all.

    A slip of the format costs the point for the format, not those for the accuracy: a whole number with a decimal
    point is understood, the first of two rows counts, and an id that is missing has the class NONE.

    Raises:
        NotWritten: If the file is not there, or has no rows.
    """
    text = submission.text(PREDICTIONS, MAX_PREDICTIONS_BYTES)
    if text is None:
        raise NotHandedIn(f"{PREDICTIONS} was not handed in")
    header, *lines = text.replace("\r\n", "\n").strip().split("\n")
    if not lines:
        raise NotFilledIn(f"{PREDICTIONS} holds no predictions yet")
    complaints: list[Mismatch] = []
    if [word.strip().strip('"').casefold() for word in header.split(",")] != ["id", "category"]:
        hint = f"{PREDICTIONS} must begin with the line Id,Category."
        complaints.append(Mismatch(hint, "Id,Category", expect.short(header, 60)))
    by_id: dict[int, int] = {}
    for number, line in enumerate(lines, start=2):
        row = _row(line, number, complaints)
        if row and row[0] in by_id:
            complaints.append(
                Mismatch(f"Line {number}: the id {row[0]} is there twice.", "each id once", f"{row[0]} again")
            )
        elif row:
            by_id[row[0]] = row[1]
    if len(lines) != N_TEST_IMAGES:
        hint = f"{PREDICTIONS} must have one row an image."
        complaints.append(Mismatch(hint, f"{N_TEST_IMAGES} rows after the header", f"{len(lines)}"))
    first = 1 if 0 not in by_id and N_TEST_IMAGES in by_id else 0
    ids = range(first, first + N_TEST_IMAGES)
    missing = next((i for i in ids if i not in by_id), None)
    if missing is not None:
        complaints.append(
            Mismatch(f"The id {missing} is missing.", "every id from 0 to 9999", f"no {missing}")
        )
    return np.array([by_id.get(i, NONE) for i in ids]), complaints[0] if complaints else None


def _row(line: str, number: int, complaints: list[Mismatch]) -> tuple[int, int] | None:
    """Id and class of a row, or None where there are none; adds what is wrong with it to `complaints`."""
    fields = [field.strip().strip('"') for field in line.split(",")]
    if len(fields) != 2:
        hint = f"Line {number} must hold two numbers: an id and a class."
        complaints.append(Mismatch(hint, "id,class", expect.short(line, 60)))
        return None
    values = []
    for field, what in zip(fields, ("id", "class"), strict=True):
        if not _is_whole(field):
            hint = f"Line {number}: the {what} must be a whole number, without a decimal point."
            complaints.append(Mismatch(hint, "3", expect.short(field, 60)))
            field = field.rstrip("0").removesuffix(".") if "." in field else ""
            if not _is_whole(field):
                return None
        values.append(int(field))
    i, c = values
    if c >= N_CLASSES:
        complaints.append(
            Mismatch(f"Line {number}: there are the classes 0 to 9.", "a class below 10", f"{c}")
        )
        return None
    return i, c


def _is_whole(field: str) -> bool:
    return field.isascii() and field.isdigit() and len(field) <= 6
