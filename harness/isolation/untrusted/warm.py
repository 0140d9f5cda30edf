"""The warm interpreter: imports NumPy once, inside the sandbox, and forks a fresh worker for each request.

Run as a script with one argument, the descriptor of its control socket. No student code ever runs in this
process; it only forks those that do, and reports how they ended.
"""

import gc
import importlib
import importlib.util
import json
import os
import signal
import socket
import sys
import time
import traceback
import types
from dataclasses import dataclass, field
from typing import Any

from . import jail


@dataclass
class Warm:
    """What is prepared once and shared by all workers through the fork."""

    ruleset: int | None = None
    program: bytes | None = None
    probes: types.ModuleType | None = None
    given: list[str] = field(default_factory=list)


def drop_privileges(uid: int) -> None:
    """Started by root: become nobody, for good."""
    os.setgroups([])
    os.setresgid(uid, uid, uid)
    os.setresuid(uid, uid, uid)


def load(path: str) -> types.ModuleType:
    """Import a file of the assignment's by its path."""
    name = os.path.splitext(os.path.basename(path))[0]
    spec = importlib.util.spec_from_file_location(name, path)
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


def prepare(config: dict[str, Any]) -> Warm:
    """Import what workers will need, and build the parts of the jail that all of them share."""
    if uid := config["drop_to_uid"]:
        drop_privileges(uid)
    jail.die_with_parent()
    sys.path += config["packages"]
    from . import worker  # noqa: F401  (it needs NumPy; imported before the fork, so that no worker pays for it)

    for name in config["preload"]:
        importlib.import_module(name)
    if "tqdm" in sys.modules:
        sys.modules["tqdm"].tqdm.monitor_interval = 0  # a worker may not start tqdm's thread
    warm = Warm(given=config["given"])
    if config["probes"]:
        warm.probes = load(config["probes"])
    if config["landlock"]:
        warm.ruleset = jail.landlock_ruleset(config["readable"])
    if config["seccomp"]:
        warm.program = bytes.fromhex(config["seccomp"])
    gc.collect()
    gc.freeze()  # a collection in a worker then copies no shared page
    return warm


class Warden:
    """Forks workers, kills them, and says how they ended."""

    def __init__(self, warm: Warm) -> None:
        self.warm = warm
        self.alive: set[int] = set()

    def spawn(self, request: dict[str, Any], fds: list[int]) -> dict[str, Any]:
        pid = os.fork()
        if pid == 0:
            self.become_worker(request, fds)
        for fd in fds:
            os.close(fd)
        self.alive.add(pid)
        return {"pid": pid}

    def become_worker(self, request: dict[str, Any], fds: list[int]) -> None:
        from . import worker

        code = 1
        try:
            worker.run(request, socket.socket(fileno=fds[0]), fds[1], self.warm)
        except EOFError:
            code = 0
        except BaseException:
            traceback.print_exc()
        finally:
            os._exit(code)

    def reap(self, pid: int, grace_s: float) -> dict[str, Any]:
        """Kill a worker, after some time to end by itself, and report its status, CPU time and peak memory."""
        if pid not in self.alive:
            return {"error": f"no worker {pid}"}
        end = time.monotonic() + grace_s
        done, status, usage = os.wait4(pid, os.WNOHANG)
        while not done and time.monotonic() < end:
            time.sleep(0.002)
            done, status, usage = os.wait4(pid, os.WNOHANG)
        if not done:
            os.kill(pid, signal.SIGKILL)
            done, status, usage = os.wait4(pid, 0)
        self.alive.discard(pid)
        return {"status": status, "cpu_s": usage.ru_utime + usage.ru_stime, "memory_kib": usage.ru_maxrss}

    def reset(self) -> dict[str, Any]:
        """Kill whatever a grader that died left behind."""
        left = [self.reap(pid, 0) for pid in list(self.alive)]
        return {"killed": len(left)}

    def answer(self, request: dict[str, Any], fds: list[int]) -> dict[str, Any]:
        match request["do"]:
            case "spawn":
                return self.spawn(request, fds)
            case "reap":
                return self.reap(request["pid"], request["grace_s"])
            case "reset":
                return self.reset()
        return {"error": "unknown request"}


def main() -> None:
    """Serve the control socket until the trusted side closes it."""
    control = socket.socket(fileno=int(sys.argv[1]))
    config = json.loads(control.recv(1 << 20))
    try:
        warden = Warden(prepare(config))
    except BaseException as e:
        control.send(json.dumps({"error": f"{type(e).__name__}: {e}"}).encode())
        return
    control.send(json.dumps({"ready": True}).encode())
    while True:
        message, fds, _, _ = socket.recv_fds(control, 1 << 16, 2)
        if not message:
            return
        request = json.loads(message)
        answer = warden.answer(request, fds)
        control.send(json.dumps({"token": request["token"], **answer}).encode())
