"""How grading scales: cost per submission and coordinator memory from 100 to 10,000, Dask against local, resume.

The class is made of the samples of binary_mlp, each made different by a comment; those that are there to exhaust a limit
are left out, since they would only measure that limit. The questions that train are off, and of the others one with three
tests is graded: the fewer tests, the more a class's own cost shows (against Dask, one with ten). The cost of 100 is measured again and again
between the parts of the large class, so that only ratios within one run count.
Run: make bench, or python -m benchmarks.scale --most 1000
"""

import argparse
import os
import random
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from harness import assignment as assignments
from harness.engines.engine import LocalEngine
from harness.errors import UsageError
from harness.gradebook.book import Gradebook
from harness.gradebook.closing import close_class
from harness.gradebook.recording import RunRecorder
from harness.gradebook.records import Student
from harness.grading.class_work import ClassWork, Handed
from harness.grading.identity import identity
from harness.intake.sources import Entry
from harness.isolation import tiers

NAME, SEED, JOBS = "binary_mlp", 1, 2
FEW, MORE = "1.3c", "1.2d"  # questions of three and of ten tests
EXHAUSTING = {"hangs", "does_not_parse", "exits_early"}
PART, SMALL = 1000, 100


def samples():
    """Sources of the sample submissions that end by themselves."""
    folder = assignments.load(NAME).fixtures / "submissions"
    return [p.read_bytes() for p in sorted(folder.glob("*/hw2.py")) if p.parent.name not in EXHAUSTING]


def class_of(folder, count, mark=""):
    """Folders of `count` submissions, no two alike."""
    sources = samples()
    handed = []
    for i in range(count):
        path = folder / f"s{i:05}"
        path.mkdir(parents=True)
        (path / "hw2.py").write_bytes(sources[i % len(sources)] + f"\n# {mark}{i}\n".encode())
        handed.append(Handed(path.name, Entry(path.name, path, (Student(path.name),))))
    return handed


def memory_mib():
    """Resident memory of this process, which is the coordinator."""
    status = Path("/proc/self/status").read_text(encoding="ascii")
    return int(status.split("VmRSS:")[1].split()[0]) / 1024


class Class:
    """A class being graded into a gradebook of its own."""

    def __init__(self, engine, out, question=FEW):
        self.assignment, self.engine, self.out = assignments.load(NAME), engine, out
        out.mkdir(parents=True)
        self.book = Gradebook.make(out)
        recorder = RunRecorder(
            self.book, self.assignment, identity(self.assignment), seed=SEED, tier="", engine=engine.name
        )
        self.recorder = recorder
        self.work = ClassWork(self.assignment, recorder, out, [question])

    def grade(self, handed):
        """Seconds that it took."""
        start = time.perf_counter()
        self.work.do(self.engine, handed)
        return time.perf_counter() - start

    def close(self):
        """Write what a class gets at its end; seconds that it took."""
        start = time.perf_counter()
        self.recorder.finish()
        close_class(self.book, self.assignment)
        self.book.close()
        return time.perf_counter() - start


def small(engine, folder, number, question=FEW):
    """Seconds a submission for a fresh class of 100, its end included."""
    one = Class(engine, folder / f"small-out-{number}", question)
    took = one.grade(class_of(folder / f"small-{number}", SMALL, f"{number}.")) + one.close()
    return took / SMALL


def growth(folder, most):
    """Grade a large class part by part, and a fresh one of 100 between the parts."""
    engine = LocalEngine(assignments.load(NAME), tiers.choose(), SEED, JOBS)
    try:
        small(engine, folder, "warm")
        large = Class(engine, folder / "large-out")
        handed = class_of(folder / "large", most)
        before, ratios, memory, done = small(engine, folder, 0), [], [memory_mib()], 0
        print(f"{'graded':>8}  {'s each':>7}  {'a class of 100':>14}  {'ratio':>6}  {'coordinator':>11}")
        while done < most:
            part = handed[done : done + PART]
            each = large.grade(part) / len(part)
            done += len(part)
            after = small(engine, folder, done)
            ratios.append(each / statistics.mean([before, after]))
            memory.append(memory_mib())
            print(
                f"{done:>8}  {each:7.4f}  {statistics.mean([before, after]):14.4f}  {ratios[-1]:6.2f}  {memory[-1]:7.0f} MiB",
                flush=True,
            )
            before = after
        end = large.close()
    finally:
        engine.close()
    print(f"its end (late lines, folders, grades.csv): {end:.1f} s, {1000 * end / most:.2f} ms a submission")
    print(
        f"a submission of {most:,} costs {statistics.median(ratios):.2f} times one of 100; the last part "
        f"{ratios[-1]:.2f} times (wanted: 0.85 to 1.15); memory {memory[0]:.0f} MiB at 100, {memory[-1]:.0f} at {most:,}"
    )


def against_dask(folder, rounds):
    """Both engines, with two workers each, in turns."""
    try:
        from harness.engines.cluster import DaskEngine
    except ImportError:
        print("Dask is not installed: pip install -r requirements-cluster.lock")
        return
    assignment = assignments.load(NAME)
    engines = [LocalEngine(assignment, tiers.choose(), SEED, JOBS), DaskEngine(assignment, SEED, jobs=JOBS)]
    try:
        for engine in engines:
            small(engine, folder, f"warm-{engine.name}", MORE)
        seconds = []
        for i in range(rounds):
            # The other way round each time: whoever comes first may have a quieter machine.
            turn = {e.name: small(e, folder, f"{e.name}-{i}", MORE) for e in engines[:: 1 if i % 2 else -1]}
            seconds.append([turn[e.name] for e in engines])
    finally:
        for engine in engines:
            engine.close()
    ratio = statistics.median(dask / local for local, dask in seconds)
    print(
        f"Dask with {JOBS} local workers: {statistics.median(d for _, d in seconds):.4f} s a submission against "
        f"{statistics.median(one for one, _ in seconds):.4f}: {ratio:.2f} times (wanted: at most 1.10)"
    )


def resume(folder, count):
    """Kill the command at a random moment, and look at what the next run keeps."""
    class_of(folder / "killed", count)
    out = folder / "killed-out"
    command = [sys.executable, "grader.py", "grade", NAME, folder / "killed", "--out", out]
    command += ["--only", FEW, "--jobs", str(JOBS)]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as running:
        at = random.randrange(1, count - 1)
        while len(list(out.glob("*/results.json"))) < at and running.poll() is None:
            time.sleep(0.01)
        running.send_signal(signal.SIGKILL)
    finished = {p.parent.name for p in out.glob("*/results.json")}
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    with Gradebook.open(out) as book:
        last = book.runs()[-1]
        lost = len(finished - {g.submission for g in book.gradings_of_run(last.id)})
    print(
        f"SIGKILL after {len(finished)} of {count}: {lost} lost, {last.kept} kept, "
        f"{len(finished) - last.kept} finished ones graded again (in flight at most {2 * JOBS})"
    )


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--most", type=int, default=10_000, help="submissions of the large class")
    parser.add_argument("--rounds", type=int, default=5, help="of Dask against local")
    options = parser.parse_args()
    try:
        print(f"{tiers.choose().name}, {JOBS} jobs, {os.cpu_count()} cores")
    except UsageError as e:
        raise SystemExit(str(e)) from None
    with tempfile.TemporaryDirectory(prefix="backmark-scale-") as name:
        folder = Path(name)
        against_dask(folder, options.rounds)
        resume(folder, 120)
        growth(folder, options.most)


if __name__ == "__main__":
    main()
