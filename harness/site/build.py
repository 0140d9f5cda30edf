"""Builds the site: student pages in several processes, then the class page from the small rows that come back."""

import gc
import multiprocessing
import os
import shutil
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from itertools import islice
from pathlib import Path

from harness.errors import GraderFault, UsageError
from harness.results import SubmissionResult
from harness.site.class_facts import facts_of
from harness.site.class_page import render_class, render_list
from harness.site.folder import replaced
from harness.site.inputs import ClassInput, pictures_of, submission_folder
from harness.site.pages import environment
from harness.site.rows import Batch, gather
from harness.site.student_page import render

CHUNK = 20
ALONE = 2 * CHUNK  # a class so small that starting processes would take longer

Advance = Callable[[int], None]


class Builder:
    """Writes the pages of some students; one a process.

    Args:
        given: The class.
        site: The folder that is being built.
    """

    def __init__(self, given: ClassInput, site: Path) -> None:
        self.given, self.site, self.env = given, site, environment()

    def write(self, indices: Iterable[int]) -> Batch:
        """Write a page for each place in the class; one bad result costs its own details alone."""
        batch = Batch()
        for index in indices:
            grade = self.given.grades[index]
            result: SubmissionResult | None = None
            problem = ""
            try:
                result = self.given.result(grade)
            except UsageError as error:
                problem = str(error)
                batch.unread.append(problem)
            if result is not None:
                batch.add(index, result)
                self._copy_pictures(result, grade.submission)
            page = render(self.env, self.given, index, result, problem)
            _write(self.site / "students" / f"{self.given.files[index]}.html", page)
        return batch

    def _copy_pictures(self, result: SubmissionResult, submission: str) -> None:
        plots = pictures_of(self.given.folder, result, submission)
        if not plots:
            return
        source, to = submission_folder(self.given.folder, submission), self.site / "plots" / submission
        to.mkdir(exist_ok=True)
        for name in (plot.file for plot in plots):
            try:
                # The grader replaces pictures and never writes into them, so that one on disk is enough.
                os.link(source / name, to / name, follow_symlinks=False)
            except FileExistsError:
                continue  # of a group, of which somebody else was first
            except OSError:
                shutil.copyfile(source / name, to / name, follow_symlinks=False)


def build_site(given: ClassInput, target: Path, jobs: int = 1, advance: Advance | None = None) -> list[str]:
    """Write the whole site to `target`, in place of an earlier one.

    The same class gives the same bytes, whatever the number of jobs.

    Args:
        given: The class.
        target: A new or empty folder, or one that holds an earlier site.
        jobs: How many processes write student pages.
        advance: Called with the number of students whose pages were just written.

    Returns:
        A sentence for each result that could not be read.

    Raises:
        UsageError: If `target` holds something else or cannot be written.
        GraderFault: If a process died.
    """
    try:
        with replaced(target) as site:
            for folder in ("students", "plots"):
                (site / folder).mkdir()
            batches = _batches(given, site, jobs, advance or (lambda count: None))
            facts = facts_of(given, gather(batches, len(given.grades)))
            env = environment()
            _write(site / "students.html", render_list(env, given, facts))
            _write(site / "index.html", render_class(env, given, facts))
    except OSError as error:
        raise UsageError(
            f"{target} cannot be written ({error.strerror}): make room or choose another --to"
        ) from error
    return list(facts.unread)


def _batches(given: ClassInput, site: Path, jobs: int, advance: Advance) -> Iterator[Batch]:
    count = len(given.grades)
    chunks = (range(first, min(first + CHUNK, count)) for first in range(0, count, CHUNK))
    if jobs <= 1 or count <= ALONE:
        builder = Builder(given, site)
        for chunk in chunks:
            yield builder.write(chunk)
            advance(len(chunk))
        return
    # Not a plain fork: the progress bar has a thread, whose locks a copy of this process could inherit taken.
    context = multiprocessing.get_context("forkserver")
    with ProcessPoolExecutor(jobs, context, _start, (given, site)) as pool:
        # A few chunks ahead of the processes: a queue of all results would grow with the class.
        waiting: set[Future[Batch]] = {pool.submit(_chunk, chunk) for chunk in islice(chunks, 3 * jobs)}
        try:
            while waiting:
                done, waiting = wait(waiting, return_when=FIRST_COMPLETED)
                waiting |= {pool.submit(_chunk, chunk) for chunk in islice(chunks, len(done))}
                for future in done:
                    batch = future.result()
                    advance(len(batch.rows) + len(batch.unread))
                    yield batch
        except BrokenProcessPool:
            raise GraderFault(
                "A process that writes pages was ended from outside: try again with fewer --jobs."
            ) from None
        finally:
            pool.shutdown(wait=True, cancel_futures=True)


_builder: Builder | None = None


def _start(given: ClassInput, site: Path) -> None:
    global _builder
    _builder = Builder(given, site)
    # A page leaves little garbage in circles: collecting it once a chunk instead of all the time saves a tenth.
    gc.freeze()
    gc.disable()


def _chunk(indices: range) -> Batch:
    if _builder is None:
        raise GraderFault("A process that writes pages was not started as it should.")
    batch = _builder.write(indices)
    gc.collect()
    return batch


def _write(path: Path, page: str) -> None:
    # The whole folder is swapped in at the end, so that no file needs a temporary one.
    path.write_bytes(page.encode("utf-8"))
