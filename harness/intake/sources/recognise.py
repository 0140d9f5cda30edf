"""Which source a path is, by how things in it are named; in doubt it is plain."""

from pathlib import Path

from harness.intake.discover import gradable_entries, is_submission
from harness.intake.sources import canvas, classroom, gradescope, moodle
from harness.intake.sources.base import Wanted


def recognise(path: Path, wanted: Wanted) -> str:
    """One of `SOURCES`. A path that is itself one submission is plain, whatever lies in it."""
    try:
        if not path.is_dir():
            return "plain"
        export = gradescope.recognises(path)
        if export and gradescope.is_export(path.resolve().name):
            return "gradescope"
        if is_submission(path, wanted.required, wanted.optional):
            return "plain"
        if export:
            return "gradescope"
        entries, _ = gradable_entries(path)
        names = [p.name for p in entries]
        if not names:
            return "plain"
        if all(moodle.recognises(name) for name in names):
            return "moodle"
        if all(canvas.recognises(p.name) and not p.is_dir() for p in entries):
            return "canvas"
        return "classroom" if classroom.recognises(path, entries) else "plain"
    except OSError:
        return "plain"  # which says what is wrong with the path
