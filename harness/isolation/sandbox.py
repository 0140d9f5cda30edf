"""The trusted side's handle on one warm interpreter in its sandbox: start it, fork workers from it, end it."""

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path, PurePath
from typing import Any

from harness.errors import GraderFault
from harness.isolation import filesystem, seccomp_filter
from harness.isolation.tiers import Tier

UNTRUSTED = Path(__file__).resolve().parent / "untrusted"
NOBODY = 65534
START_TIMEOUT_S = 120  # generous: a cold disk and a loaded machine are no fault of anybody's
ANSWER_TIMEOUT_S = 60
ENVIRONMENT = {
    "HOME": "/nonexistent",
    "LANG": "C.UTF-8",
    "PATH": "/usr/bin:/bin",
    "MPLBACKEND": "Agg",
    "MPLCONFIGDIR": "/tmp/matplotlib",  # noqa: S108  (the sandbox's own /tmp)
    "OPENBLAS_NUM_THREADS": "1",
    "OMP_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
    "PYTHONDONTWRITEBYTECODE": "1",
    "PYTHONHASHSEED": "0",
    "PYTHONNOUSERSITE": "1",
    "PYTHONUTF8": "1",
}


def _readable_by_nobody(paths: Sequence[str]) -> bool:
    """Whether an unprivileged user could reach these paths, by the permission bits of every folder above."""
    for path in paths:
        for part in (path, *map(str, PurePath(path).parents)):
            with contextlib.suppress(OSError):
                mode = os.stat(part).st_mode
                if not mode & (0o001 if os.path.isdir(part) else 0o004):
                    return False
    return True


class Sandbox:
    """One warm interpreter. Serves any number of submissions, one after the other.

    Args:
        tier: How to isolate.
        packages: Distributions that submissions may import.
        preload: Modules to import before the first fork.
        given: Folder of the assignment's stand-in modules, or None.
        probes: The assignment's probes.py, or None.

    Attributes:
        staging: The folder below which submissions must lie to be seen by a worker.

    Raises:
        GraderFault: If it does not start.
    """

    def __init__(
        self,
        tier: Tier,
        *,
        packages: Sequence[str] = ("numpy",),
        preload: Sequence[str] = (),
        given: Path | None = None,
        probes: Path | None = None,
    ) -> None:
        self.tier, self.number = tier, 0
        self._folder = tempfile.TemporaryDirectory(prefix="backmark-")
        base = Path(self._folder.name).resolve()
        self.staging = base / "staging"
        self.staging.mkdir()
        package_paths = filesystem.link_packages(tuple(packages), base / "packages")
        executable, python = filesystem.python_files()
        given_files = [str(p.resolve()) for p in (given, probes) if p and p.exists()]
        system = filesystem.system_libraries()
        readable = [*system, *python, *package_paths, str(base / "packages"), str(UNTRUSTED), *given_files]
        root = os.getuid() == 0
        # Without a sandboxed root folder, nobody may be unable to reach Python below /root: then keep the uid,
        # which Landlock and seccomp have stripped of its meaning.
        drop = root and (tier.bubblewrap is not None or _readable_by_nobody([executable, *package_paths]))
        os.chmod(base, 0o711)  # noqa: S103  (nobody must get through, but not list it)
        config: dict[str, Any] = {
            "drop_to_uid": NOBODY if drop else 0,
            "preload": list(preload),
            "packages": [str(base / "packages")],
            "given": [str(given.resolve())] if given and given.is_dir() else [],
            "probes": str(probes.resolve()) if probes and probes.exists() else "",
            "landlock": tier.landlock,
            "readable": [*readable, str(self.staging), "/dev/null"],
            "seccomp": self._program().hex() if tier.seccomp else "",
        }
        command = [executable, "-S", "-s", "-P", "-B", str(UNTRUSTED / "start.py")]
        scratch = None
        if tier.bubblewrap:
            command = [*self._bubblewrap(tier.bubblewrap, [*readable, str(self.staging)], drop), *command]
        else:
            scratch = base / "scratch"
            scratch.mkdir()
            scratch.chmod(0o777)  # matplotlib writes its font list there, before any student code
        self._start(command, config, scratch)

    @staticmethod
    def _program() -> bytes:
        program, why = seccomp_filter.compiled()
        if not program:  # never a worker without the filter that its tier promises
            raise GraderFault(f"the sandbox cannot have its seccomp filter: {why}")
        return program

    @staticmethod
    def _bubblewrap(path: str, readable: Sequence[str], as_root: bool) -> list[str]:
        command = [
            path,
            "--die-with-parent",
            "--new-session",
            "--unshare-ipc",
            "--unshare-pid",
            "--unshare-net",
            "--unshare-uts",
            "--unshare-cgroup-try",
            "--hostname",
            "sandbox",
            "--cap-drop",
            "ALL",
        ]
        # Root needs no user namespace, and keeps just what the drop to nobody takes.
        command += (
            ["--cap-add", "CAP_SETUID", "--cap-add", "CAP_SETGID"]
            if as_root
            else ["--unshare-user", "--disable-userns"]
        )
        command += ["--perms", "1777", "--size", str(32 << 20), "--tmpfs", "/tmp"]  # noqa: S108
        made: set[str] = set()
        for target in [*readable, "/dev/null"]:  # after the tmpfs, which would hide what lies under /tmp
            for parent in reversed(PurePath(target).parents[:-1]):
                if str(parent) not in made:
                    made.add(str(parent))
                    command += ["--dir", str(parent)]  # bubblewrap alone would make it mode 0700
            if os.path.islink(target):
                command += ["--symlink", os.readlink(target), target]
            else:
                command += ["--dev-bind" if target == "/dev/null" else "--ro-bind", target, target]
        return [*command, "--remount-ro", "/", "--chdir", "/", "--"]

    def _start(self, command: list[str], config: dict[str, Any], scratch: Path | None) -> None:
        self.control, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        environment = {**ENVIRONMENT, **({"MPLCONFIGDIR": str(scratch)} if scratch else {})}
        self.errors = tempfile.TemporaryFile()
        self.process = subprocess.Popen(
            [*command, str(theirs.fileno())],
            env=environment,
            cwd="/",
            pass_fds=[theirs.fileno()],
            stdin=subprocess.DEVNULL,
            stdout=self.errors,
            stderr=self.errors,
            start_new_session=True,
        )
        theirs.close()
        self.control.settimeout(START_TIMEOUT_S)
        try:
            self.control.send(json.dumps(config).encode())
            answer = json.loads(self.control.recv(1 << 16) or b"{}")
        except (OSError, ValueError) as e:
            answer = {"error": str(e)}
        if "ready" not in answer:
            self.close()
            self.errors.seek(0)
            said = self.errors.read(2000).decode("utf-8", "replace").strip()
            raise GraderFault(
                f"the sandbox did not start ({self.tier.name}): {answer.get('error', '')} {said}".strip()
            )

    def ask(self, request: dict[str, Any], fds: Sequence[int] = ()) -> dict[str, Any]:
        """Send one request to the warm interpreter and wait for its answer.

        Raises:
            GraderFault: If it is gone, or answers nonsense.
        """
        self.number += 1
        token = f"{os.getpid()}-{self.number}"  # graders are forks of one process and share this socket
        try:
            self.control.settimeout(ANSWER_TIMEOUT_S)
            socket.send_fds(self.control, [json.dumps({**request, "token": token}).encode()], list(fds))
            while True:  # answers to a grader that was killed in the middle may still lie in the queue
                answer = json.loads(self.control.recv(1 << 16))
                if answer.get("token") == token:
                    break
        except (OSError, ValueError) as e:
            raise GraderFault(f"the warm interpreter does not answer ({type(e).__name__})") from None
        if "error" in answer:
            raise GraderFault(f"the warm interpreter refused a request: {answer['error']}")
        return answer

    def close(self) -> None:
        """End the warm interpreter and every worker of it, and remove its folder."""
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()
        self.control.close()
        self._folder.cleanup()

    def __enter__(self) -> "Sandbox":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def supported() -> bool:
    """Whether this operating system can run a sandbox at all."""
    return sys.platform == "linux"
