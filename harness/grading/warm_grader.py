"""The coordinator's handle on one warm grader process."""

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from typing import Any

from harness.assignment import Assignment
from harness.errors import GraderFault, UsageError
from harness.isolation.tiers import Tier

ATTEMPTS = 3  # then a submission is set aside
THREADS = ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS")


class WarmGraderHandle:
    """Starts a warm grader, passes submissions to it one after the other, starts another when it dies.

    Raises:
        UsageError: If the assignment's tests are refused: the sentence says why.
        GraderFault: If the process does not start.
    """

    def __init__(self, assignment: Assignment, tier: Tier, seed: int) -> None:
        self.assignment = assignment
        self.config = {
            "assignment": assignment.name,
            "root": str(assignment.root.resolve()),
            "tier": asdict(tier),
            "seed": seed,
        }
        self.process: subprocess.Popen[bytes] | None = None
        self.stalled_s: float | None = None
        self.stopped = False
        self.start()

    def start(self) -> None:
        """Start the process and wait until it is ready to grade."""
        self._end()
        self.errors = tempfile.TemporaryFile()
        # All that it leaves behind when it is killed lies in here; the sandbox's user must get through.
        self.folder = Path(tempfile.mkdtemp(prefix="backmark-grader-"))
        self.folder.chmod(0o711)
        ours, theirs = socket.socketpair()
        # One thread: a fork of a process with a running BLAS pool can deadlock.
        environment = {
            **os.environ,
            **dict.fromkeys(THREADS, "1"),
            "PYTHONHASHSEED": "0",
            "MPLBACKEND": "Agg",
            "TMPDIR": str(self.folder),
        }
        self.process = subprocess.Popen(
            [sys.executable, "-m", "harness.grading.warm_process", str(theirs.fileno())],
            cwd=Path(__file__).resolve().parents[2],
            env=environment,
            pass_fds=[theirs.fileno()],
            stdin=subprocess.DEVNULL,
            stdout=self.errors,
            stderr=self.errors,
            start_new_session=True,
        )
        theirs.close()
        self.socket, self.lines = ours, ours.makefile("r", encoding="utf-8")
        ready = self._ask(self.config)
        if not ready:
            self.process.wait()
            said = self._said()
            refused = [line for line in said.splitlines() if line.startswith("ERROR: ")]
            self._end()
            if refused:
                raise UsageError(refused[-1].removeprefix("ERROR: "))
            raise GraderFault(f"the grader's own process did not start: {said[-1500:]}")
        # Far beyond the deadlines of all tests: what answers later than this has stalled, and is started anew.
        self.stalled_s = ready.get("stalled_s")

    def _said(self) -> str:
        self.errors.seek(0)
        return self.errors.read().decode("utf-8", "replace")

    def _ask(self, data: dict[str, Any], wait_s: float | None = None) -> dict[str, Any] | None:
        with suppress(OSError, ValueError):
            self.socket.settimeout(wait_s)
            self.socket.sendall(json.dumps(data).encode() + b"\n")
            if line := self.lines.readline():
                return json.loads(line)
        return None

    def grade(self, path: Path, name: str, out: Path, **more: Any) -> dict[str, Any]:
        """Grade one submission; its reports land in `out`.

        Args:
            path: The submission, as handed in.
            more: Further parts of the request: `packed` (the file that holds the submission, in place of `path`),
                `questions` and `kept` as in `grade_one`.

        Returns:
            A line of the summary: submission, score, max_score, status, message, questions, origins.

        Raises:
            GraderFault: If the process died or stalled over this submission, again and again.
        """
        request = {"path": str(path), "name": name, "out": str(out), **more}
        for _ in range(ATTEMPTS):
            reply = self._ask(request, self.stalled_s)
            if reply is not None:
                return reply
            if self.stopped:
                break
            self.start()
        raise GraderFault(f"the grader's process ended {ATTEMPTS} times while it graded this submission")

    def close(self) -> None:
        """End the process, its sandbox and whatever runs in it, for good."""
        self.stopped = True
        self._end()

    def _end(self) -> None:
        if self.process is not None:
            with suppress(ProcessLookupError, PermissionError):
                os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()
            self.process = None
            self.lines.close()
            self.socket.close()
            self.errors.close()
            shutil.rmtree(self.folder, ignore_errors=True)
