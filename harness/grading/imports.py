"""Imports a submission's modules once, before its tests, so that a failure is told once and waited for once."""

import importlib.util
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from harness.errors import Crashed, OutOfMemory, StudentError, TimedOut
from harness.hints import hint_for
from harness.intake.roots import listed
from harness.intake.staging import Staged
from harness.isolation.submission import Submission, module_name
from harness.run import Run, derived_seed
from harness.text import one_line

MAX_COMPILED = 100  # source files
COSTLY = (TimedOut, Crashed, OutOfMemory)  # what no test should have to wait for again


def module_files(files: Sequence[str]) -> dict[str, str]:
    """The required modules by the dotted names under which they are imported."""
    return {module_name(f): f for f in files if f.endswith(".py")}


def keep_compiled(staged: Staged, code: Any) -> None:
    """Put compiled code beside the sources, where each worker's own import finds it.

    It was compiled in a worker before any student code ran there. Here it is only bytes.
    """
    unchecked = importlib.util.MAGIC_NUMBER + (1).to_bytes(4, "little") + bytes(8)  # PEP 552: valid as it is
    for name, data in code.items():
        if name in staged.files and type(data) is bytes:
            path = Path(importlib.util.cache_from_source(str(staged.root / name)))
            path.parent.mkdir(exist_ok=True)
            path.write_bytes(unchecked + data)


def import_errors(run: Run, staged: Staged) -> dict[str, StudentError]:
    """Compile the submission and import each required module.

    Returns:
        Why a module cannot be imported, by its dotted name.
    """

    def start() -> Submission:
        return Submission(lambda: run.start(run.assignment.limits, derived_seed(run.seed, "import")))

    errors: dict[str, StudentError] = {}
    sources = [f for f in staged.files if f.endswith(".py")][:MAX_COMPILED]
    submission = start()
    try:
        try:
            keep_compiled(staged, submission.compiled(sources))
        except StudentError:  # one that cannot be compiled fails again when it is imported
            submission.close()
            submission = start()
        for name in module_files(run.assignment.required):
            try:
                submission.load(name)
            except StudentError as e:
                errors[name] = e
                submission.close()  # it may have ended, or be half imported: the next module gets a fresh one
                submission = start()
    finally:
        submission.close()
    return errors


def unusable(run: Run) -> StudentError | None:
    """Why no probe is to be run, if so: all required modules are broken, or one fails at a cost."""
    errors = run.broken
    costly = next((e for e in errors.values() if isinstance(e, COSTLY)), None)
    if costly is None and len(errors) == len(module_files(run.assignment.required)):
        return next(iter(errors.values()), None)
    return costly


def told(run: Run) -> str:
    """What the report says of modules that cannot be imported, or an empty string."""
    files = module_files(run.assignment.required)
    by_reason: dict[str, list[str]] = {}
    for name, error in run.broken.items():
        by_reason.setdefault(f"{one_line(error.message)} {hint_for(error)}", []).append(files[name])
    if len(files) == 1:
        return next((f"It cannot be imported: {why}" for why in by_reason), "")
    return " ".join(f"{listed(names)} cannot be imported: {why}" for why, names in by_reason.items())
