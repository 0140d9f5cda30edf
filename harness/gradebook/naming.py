"""Names of the folders of a class: safe, each of one submission, and the same in every run."""

from collections.abc import Sequence

from harness.gradebook import schema
from harness.gradebook.book import Gradebook
from harness.intake.discover import unique_names
from harness.intake.sources import Entry
from harness.text import one_line

# What lies beside the folders of submissions, or is made there by other commands.
RESERVED = (
    schema.FILE,
    *(schema.FILE + suffix for suffix in ("-journal", "-shm", "-wal")),
    "grades.csv",
    "marks.csv",
    "html",
    "similarity",
    "similarity.csv",
)


def folder_names(book: Gradebook, entries: Sequence[Entry]) -> list[str]:
    """A folder for each entry.

    An entry keeps the folder of an earlier run: by its name as handed in and by who handed it in, or by its name alone
    where nobody of those who had the folder is in the class any more (so a roster that came later changes no folder).
    No other ever gets a folder that has been somebody's: marks by hand go by its name.
    """
    remembered: dict[str, list[tuple[str, frozenset[str]]]] = {}
    for row in book.folders():
        remembered.setdefault(row.entry, []).append((row.submission, row.members))
    present = {s.id for entry in entries for s in entry.students}
    used: set[str] = set()
    names: list[str | None] = []
    for entry in entries:
        members = frozenset(s.id for s in entry.students)
        free = [f for f in remembered.get(one_line(entry.name, 1000), ()) if f[0] not in used]
        same = [folder for folder, theirs in free if theirs == members]
        left = [folder for folder, theirs in free if not theirs & present]
        names.append(next(iter([*same, *left]), None))
        used |= {names[-1] or ""}
    taken = {row.submission for row in book.folders()}
    new = unique_names(
        [e.name for e, name in zip(entries, names, strict=True) if name is None], {*RESERVED, *taken}
    )
    fresh = iter(new)
    return [next(fresh) if name is None else name for name in names]
