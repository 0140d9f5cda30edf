"""Several files that one student uploaded, as one submission."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from harness.intake.archives import suffix_of
from harness.intake.roots import listed, notebook_name
from harness.intake.sources.base import Part, Wanted
from harness.text import one_line

_MODULES = (".py", ".ipynb")
# What Canvas puts behind the name of a file that was uploaded before: -1 to -7, then a UUID.
_AGAIN = re.compile(
    r"-(?:[1-9]\d{0,2}|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})((?:\.[A-Za-z][A-Za-z0-9]*)*\.\w+)$"
)


@dataclass(frozen=True)
class Upload:
    """A file: the name that the student gave it, where it is, and its number; a later upload has a higher one."""

    name: str
    path: Path
    number: int = 0


def known_names(wanted: Wanted) -> set[str]:
    """The names of files that an assignment knows, without folders, notebooks in their places included."""
    names = [*wanted.required, *wanted.optional, *map(notebook_name, wanted.required)]
    return {PurePosixPath(name).name for name in names if name}


def together(who: str, uploads: Sequence[Upload], wanted: Wanted, part: Part) -> Path | dict[str, Path]:
    """The files of one submission: by their proper names, or the one archive or module that it consists of.

    `hw2-1.py` is `hw2.py` where the assignment asks for that. Of several files of one name the latest upload counts;
    so does the latest of several archives. What is left out is said in `part.complaints`.
    """
    links = [u.path for u in uploads if u.path.is_symlink()]
    if links:
        return links[0]  # for staging to refuse, in its own words
    known = known_names(wanted)
    by_name: dict[str, Upload] = {}
    for upload in sorted(uploads, key=lambda u: (u.number, u.path.name)):
        name = _proper(upload.name, known)
        if name in by_name:
            older = one_line(by_name[name].path.name)
            part.complaints.append(f"{who}: {one_line(upload.path.name)} counts as {name}, not {older}")
        by_name[name] = upload
    modules = [name for name in by_name if suffix_of(name) in _MODULES]
    archives = [name for name in by_name if suffix_of(name) and name not in modules]
    work = [*modules, *(name for name in by_name if name in {PurePosixPath(r).name for r in wanted.required})]
    if archives:
        last = archives[-1]
        aside = (
            archives if work else [name for name in by_name if name != last and name in {*archives, *known}]
        )
        if aside:
            why = "there are plain files" if work else f"{one_line(last)} counts, which came last"
            part.complaints.append(f"{who}: {listed(aside)} left aside, since {why}")
        if not work:
            return by_name[last].path
        by_name = {name: upload for name, upload in by_name.items() if name not in archives}
    if len(wanted.required) == 1 and len(modules) == 1 and not known & set(modules):
        if len(by_name) == 1:
            return by_name[modules[0]].path  # staging gives it its proper name, and notes it
        proper = PurePosixPath(wanted.required[0]).name
        proper = proper if modules[0].lower().endswith(".py") else notebook_name(proper)
        if proper not in by_name and proper:
            part.complaints.append(f"{who}: {one_line(modules[0])} was taken as {proper}")
            by_name[proper] = by_name.pop(modules[0])
    return {name: by_name[name].path for name in sorted(by_name)}


def _proper(name: str, known: set[str]) -> str:
    if name in known:
        return name
    plain = _AGAIN.sub(r"\1", name)
    return plain if plain in known or suffix_of(plain) not in ("", *_MODULES) else name
