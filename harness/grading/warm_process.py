"""A warm grader: tests collected once, a sandbox started once, then a forked process for each submission.

Run as `python -m harness.grading.warm_process FD`: requests and replies are JSON lines on that socket. The first
line is the configuration. It is on the trusted side: it holds tests, reference and expected values.
"""

import gc
import json
import os
import select
import shutil
import signal
import socket
import sys
import traceback
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from harness import assignment as assignments
from harness.errors import BackmarkError, GraderFault
from harness.grading.kept import Kept
from harness.grading.one import fault_result, grade_one
from harness.intake.packed import read_packed
from harness.isolation.sandbox import Sandbox
from harness.isolation.tiers import Tier
from harness.pytest_plugin import GRADED, RUN
from harness.report.files import write_reports
from harness.results import GRADER_ERROR, SubmissionResult
from harness.run import Run
from harness.text import one_line

SLACK_S = 900  # what a submission's grading may take beyond the limits of its tests


def no_start(*_: Any) -> Any:
    raise GraderFault("no submission is being graded")


class WarmGrader:
    """The pytest plugin that takes over the test loop and serves submissions from it."""

    def __init__(self, sock: socket.socket) -> None:
        self.sock, self.lines = sock, sock.makefile("r", encoding="utf-8")
        config = json.loads(self.lines.readline())
        self.assignment = assignments.load(config["assignment"], Path(config["root"]))
        self.tier = Tier(**config["tier"])
        self.seed = config["seed"]
        self.sandbox: Sandbox | None = None
        self.errors: list[str] = []

    def reply(self, data: dict[str, Any]) -> None:
        self.sock.sendall(json.dumps(data).encode() + b"\n")

    def pytest_configure(self, config: pytest.Config) -> None:
        config.stash[RUN] = Run(self.assignment, self.seed, no_start)

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        if report.failed:
            last = (report.longreprtext.strip().splitlines() or [""])[-1].removeprefix("E").strip()
            kind = last.split(":")[0] if last.split(":")[0].isidentifier() else last.rpartition(": ")[2]
            self.errors.append(f"{report.nodeid} ({one_line(kind, 60)})")

    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        if self.errors:
            # Where and what kind, not more: this sentence may stand in a log that students can read.
            raise pytest.UsageError(
                f"the tests of {self.assignment.name} cannot be collected: {self.errors[0]}"
            )
        import matplotlib.backends.backend_agg
        import matplotlib.figure  # noqa: F401  (once here, rather than in each fork)

        items = list(session.items)
        self.start_sandbox()
        gc.collect()
        gc.freeze()
        self.reply({"ready": True, "stalled_s": 2 * self.wall_s(items) + SLACK_S})
        for line in self.lines:
            self.reply(self.serve(items, json.loads(line)))
        assert self.sandbox
        self.sandbox.close()
        return True

    def start_sandbox(self) -> None:
        if self.sandbox:
            self.sandbox.close()
        a = self.assignment
        self.sandbox = Sandbox(
            self.tier, packages=a.packages, preload=a.preload, given=a.given, probes=a.probes
        )

    def clear_sandbox(self) -> None:
        """End what an earlier grading process may have left; start anew if the warm interpreter is gone."""
        try:
            assert self.sandbox
            self.sandbox.ask({"do": "reset"})
        except GraderFault:
            self.start_sandbox()
        assert self.sandbox
        for left in self.sandbox.staging.iterdir():  # nothing of one submission may be seen by the next
            shutil.rmtree(left, ignore_errors=True)

    def serve(self, items: list[pytest.Item], request: dict[str, Any]) -> dict[str, Any]:
        """Grade one submission in a fork; once more if the fault was ours."""
        why = ""
        for attempt in (1, 2):
            self.clear_sandbox()
            try:
                reply = self.fork(items, request)
            except GraderFault as e:
                why = str(e)
                continue
            if reply["status"] != GRADER_ERROR or attempt == 2:
                return reply
        result = fault_result(
            self.assignment,
            [i.stash[GRADED] for i in items],
            why,
            submission=request["name"],
            seed=self.seed,
            tier=self.tier.name,
        )
        write_reports(result, Path(request["out"]), {})
        return row(result, {})

    def wall_s(self, items: list[pytest.Item]) -> float:
        """Seconds after which the grading of one submission has certainly stalled."""
        return SLACK_S + sum(self.assignment.limits.wall_s for _ in items)

    def fork(self, items: list[pytest.Item], request: dict[str, Any]) -> dict[str, Any]:
        reading, writing = os.pipe()
        pid = os.fork()
        if pid == 0:
            os.close(reading)
            self.in_child(items, request, writing)
        os.close(writing)
        wall_s = self.wall_s(items)
        chunks = []
        with os.fdopen(reading, "rb") as pipe:
            while select.select([pipe], [], [], wall_s)[0] and (chunk := os.read(pipe.fileno(), 1 << 16)):
                chunks.append(chunk)
        done, _ = os.waitpid(pid, 0 if chunks else os.WNOHANG)
        if not done:
            os.kill(pid, signal.SIGKILL)
            os.waitpid(pid, 0)
        try:
            data = json.loads(b"".join(chunks))
        except ValueError:
            raise GraderFault("the process that graded it ended before it was done") from None
        if "fault" in data:
            raise GraderFault(data["fault"])
        return data

    def in_child(self, items: list[pytest.Item], request: dict[str, Any], writing: int) -> None:
        from harness.isolation.untrusted import jail

        jail.die_with_parent()
        assert self.sandbox
        try:
            packed = request.get("packed")
            result, origins = grade_one(
                items,
                self.sandbox,
                self.assignment,
                source=read_packed(Path(packed)) if packed else Path(request["path"]),
                name=request["name"],
                out=Path(request["out"]),
                seed=self.seed,
                questions=request.get("questions"),
                kept=Kept.from_dict(request["kept"]) if request.get("kept") else None,
            )
            data: dict[str, Any] = row(result, origins)
        except BackmarkError as e:
            data = {"fault": str(e)}
        except BaseException:
            data = {"fault": traceback.format_exc()[-3000:]}
        with os.fdopen(writing, "wb") as pipe:
            pipe.write(json.dumps(data).encode())
        os._exit(0)


def row(result: SubmissionResult, origins: Mapping[str, Any]) -> dict[str, Any]:
    """What the class needs of a result: a line of the summary, not the whole."""
    return {
        "submission": result.submission,
        "score": result.score,
        "max_score": result.max_score,
        "status": result.status,
        "message": result.message,
        "pending_points": result.pending_points,
        "questions": {q.id: [q.points, q.max_points, q.bonus] for q in result.questions},
        "by_hand": [[m.id, m.question, m.title, m.max_points] for m in result.by_hand],
        "leaderboard": [[e.name, e.value, e.order] for e in result.leaderboard],
        "pictures": [p.file for p in result.pictures],
        "tier": result.tier,
        "origins": origins,
    }


def main() -> None:
    """Serve until the socket closes."""
    from harness.isolation.untrusted import jail

    jail.die_with_parent()
    grader = WarmGrader(socket.socket(fileno=int(sys.argv[1])))
    try:
        code = pytest.main(
            [
                str(grader.assignment.tests),
                "-p",
                "harness.pytest_plugin",
                "-p",
                "no:cacheprovider",
                "-p",
                "no:terminal",
                "-p",
                "no:timeout",
                "-s",
                "-c",
                os.devnull,
                f"--rootdir={grader.assignment.root}",
                f"--confcutdir={grader.assignment.tests}",  # a conftest.py above is in no hash, and has no say
                "--import-mode=importlib",
                "--strict-markers",
            ],
            plugins=[grader],
        )
    except BackmarkError as e:
        print(f"ERROR: {e}", file=sys.stderr)
        code = 1
    sys.exit(int(code))


if __name__ == "__main__":
    main()
