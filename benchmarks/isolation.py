"""What isolation costs: seconds a submission in the sandbox over seconds for the same tests in a bare pytest run.

Both are measured in turns in this one run, so that only their ratio means something on a noisy machine. The bare
run is what most course staff use today: one pytest process a submission, student code and tests in one interpreter.
Run: make bench
"""

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path

from harness import assignment as assignments
from harness.grading.class_run import ClassRun, Task
from harness.isolation import tiers

NAME = "binary_mlp"
SUBSET = "1.2d"  # its tests are ten
SUBSET_FILES = ("test_backward.py", "hidden/test_backward.py")


def bare(assignment, files):
    """Seconds of one pytest process over the reference, without any isolation."""
    targets = [str(assignment.tests / f) for f in files] if files else [str(assignment.tests)]
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-q",
        "-p",
        "no:cacheprovider",
        "--submission",
        str(assignment.reference),
        *targets,
    ]
    start = time.perf_counter()
    environment = {**os.environ, "OPENBLAS_NUM_THREADS": "1"}  # as in the sandbox
    environment.pop("PYTHONDONTWRITEBYTECODE", None)  # compiled once, as on a user's machine
    done = subprocess.run(
        command, cwd=assignment.root, env=environment, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise SystemExit(f"the bare run failed:\n{done.stdout[-2000:]}")
    return time.perf_counter() - start


def graded(run, assignment, count, out):
    """Seconds a submission for a class of `count` copies of the reference, on warm graders."""
    tasks = [Task(assignment.reference, f"s{i}", out / f"s{i}") for i in range(count)]
    start = time.perf_counter()
    rows = run.rows(tasks)
    seconds = (time.perf_counter() - start) / count
    if any(r["score"] != r["max_score"] for r in rows):
        raise SystemExit("the reference lost points")
    return seconds


def compare(title, assignment, tier, only, files, count, rounds):
    """Measure in turns and print one block."""
    with ExitStack() as stack:
        out = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="backmark-bench-")))
        one, two = (
            stack.enter_context(ClassRun(assignment, tier, seed=1, jobs=j, only=only)) for j in (1, 2)
        )
        cold = [
            graded(run, assignment, run.pool._max_workers, out) for run in (one, two)
        ]  # starts the warm graders
        bare(assignment, files)  # compiles what is not compiled yet
        results = [
            (
                bare(assignment, files),
                graded(one, assignment, count, out),
                graded(two, assignment, 2 * count, out),
            )
            for _ in range(rounds)
        ]
    plain, single, double = (statistics.median(r[i] for r in results) for i in range(3))
    ratio = statistics.median(r[1] / r[0] for r in results)
    print(f"{title}")
    print(
        f"  bare pytest process, no isolation   {plain:8.3f} s a submission  {60 / plain:8.0f} a minute on 1 core"
    )
    print(f"  full isolation, 1 job               {single:8.3f} s a submission  {60 / single:8.0f} a minute")
    print(
        f"  full isolation, 2 jobs              {double:8.3f} s a submission  {60 / double:8.0f} a minute on 2 cores"
    )
    print(
        f"  ratio, sandboxed over bare          {ratio:8.2f}   (first submission, with the start of the grader: {cold[0]:.2f} s)"
    )
    return ratio


def main():
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    assignment, tier = assignments.load(NAME), tiers.choose()
    print(f"{NAME}, tier {tier.name}; medians of {options.rounds} rounds, measured in turns")
    compare(f"ten tests (question {SUBSET})", assignment, tier, SUBSET, SUBSET_FILES, 10, options.rounds)
    compare(
        "the whole assignment, training on MNIST included",
        assignment,
        tier,
        None,
        None,
        1,
        max(1, options.rounds // 2),
    )


if __name__ == "__main__":
    main()
