"""The wheels that requirements.lock names, fetched for the Pythons of another machine."""

import re
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from importlib import metadata
from pathlib import Path

from harness.errors import UsageError
from harness.text import one_line

PYTHONS = ("3.11", "3.12", "3.13")  # Debian 12, Ubuntu 24.04, Debian 13
MACHINES = ("x86_64", "aarch64")
GLIBC = range(35, 16, -1)  # 2.35 is Ubuntu 22.04's, the oldest image
TIMEOUT_S = 1800


def for_target(lock: str, python: str, machine: str) -> str:
    """The part of a lock file that holds for a Python on Linux.

    pip judges markers by the Python that it runs on, so this must be done before it sees them.
    """
    from packaging.markers import Marker

    environment = {
        "python_version": python,
        "python_full_version": f"{python}.0",
        "implementation_name": "cpython",
        "implementation_version": f"{python}.0",
        "platform_python_implementation": "CPython",
        "platform_machine": machine,
        "platform_system": "Linux",
        "platform_release": "",
        "platform_version": "",
        "os_name": "posix",
        "sys_platform": "linux",
        "extra": "",
    }
    kept = []
    for entry in re.sub(r"\\\n", " ", lock).splitlines():
        entry = entry.split(" #")[0].strip()
        if not entry or entry.startswith("#"):
            continue
        requirement, *hashes = re.split(r"\s+(?=--hash=)", entry)
        name, _, marker = (part.strip() for part in requirement.partition(";"))
        if not marker or Marker(marker).evaluate(environment):
            kept.append(" ".join([name, *hashes]))
    return "\n".join(kept) + "\n"


def fetch(
    lock: Path, folder: Path, *, pythons: Sequence[str], machine: str, source: Path | None = None
) -> None:
    """Put the wheels for some Pythons into a folder, pip's own among them; pip checks every hash of the lock.

    Args:
        lock: requirements.lock, with hashes.
        pythons: Versions such as `3.12`.
        machine: The processor there: x86_64 or aarch64.
        source: A folder that holds the wheels already; nothing is fetched then.

    Raises:
        UsageError: If one of them cannot be had.
    """
    text = lock.read_text(encoding="utf-8")
    where = ["--no-index", "--find-links", str(source.resolve())] if source else []
    platforms = [f"--platform=manylinux_2_{minor}_{machine}" for minor in GLIBC]
    platforms.append(f"--platform=manylinux2014_{machine}")
    for python in pythons:
        with tempfile.NamedTemporaryFile("w", suffix=".txt", encoding="utf-8") as wanted:
            wanted.write(for_target(text, python, machine))
            wanted.flush()
            target = ["--python-version", python, "--implementation", "cp", *platforms]
            _download(["--require-hashes", "-r", wanted.name, *target, *where], folder, f"Python {python}")
    try:
        pip = f"pip=={metadata.version('pip')}"
    except metadata.PackageNotFoundError:
        pip = "pip"
    _download([pip, *where], folder, "pip")


def _download(options: list[str], folder: Path, what: str) -> None:
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check"]
    command += ["--no-deps", "--only-binary", ":all:", "--dest", str(folder), *options]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=TIMEOUT_S, check=False)
    except (OSError, subprocess.TimeoutExpired) as e:
        raise UsageError(f"the wheels for {what} cannot be fetched: {one_line(str(e))}") from None
    if done.returncode:
        errors = [line for line in done.stderr.splitlines() if "ERROR" in line] or done.stderr.splitlines()
        said = one_line(errors[-1] if errors else "pip says nothing", 300)
        raise UsageError(
            f"the wheels for {what} cannot be had ({said}): connect to the network, or name a folder that holds "
            "them with --wheels"
        )
