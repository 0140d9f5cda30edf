"""What a sandbox can see of the file system: Python, the allowed packages, and nothing else of this machine."""

import functools
import importlib.metadata
import os
import re
import sys
import sysconfig
from pathlib import Path

from harness.errors import UsageError


def _requirement_name(requirement: str) -> str | None:
    """The distribution that a requirement names, or None for one that belongs to an extra."""
    if "extra ==" in requirement:
        return None
    match = re.match(r"[A-Za-z0-9._-]+", requirement)
    return match.group() if match else None


def _with_dependencies(names: tuple[str, ...]) -> list[importlib.metadata.Distribution]:
    found: dict[str, importlib.metadata.Distribution] = {}
    todo = list(names)
    while todo:
        name = todo.pop().lower().replace("_", "-")
        if name in found:
            continue
        try:
            found[name] = importlib.metadata.distribution(name)
        except importlib.metadata.PackageNotFoundError:
            if name in [n.lower() for n in names]:
                raise UsageError(
                    f"the assignment allows the package {name}, which is not installed: run make setup"
                ) from None
            continue  # a dependency for other platforms
        todo += [n for r in found[name].requires or [] if (n := _requirement_name(r))]
    return list(found.values())


@functools.cache
def package_folders(names: tuple[str, ...]) -> dict[str, str]:
    """Where the import packages of some distributions lie, their dependencies included.

    Returns:
        Top-level name to real path, for example `numpy` and `numpy.libs`.

    Raises:
        UsageError: If one of the named distributions is not installed.
    """
    folders: dict[str, str] = {}
    for distribution in _with_dependencies(names):
        for file in distribution.files or []:
            top = file.parts[0]
            if top in ("..", "__pycache__") or top.endswith((".dist-info", ".pth")):
                continue
            folders[top] = os.path.realpath(str(distribution.locate_file(top)))
    return {top: path for top, path in sorted(folders.items()) if os.path.exists(path)}


def link_packages(names: tuple[str, ...], folder: Path) -> list[str]:
    """Fill a folder with links to the allowed packages, so that no other can be imported from it.

    Returns:
        The real paths that the links lead to.
    """
    folder.mkdir(parents=True)
    paths = package_folders(names)
    for top, path in paths.items():
        (folder / top).symlink_to(path)
    return list(paths.values())


def system_libraries() -> list[str]:
    """Folders and files of the system that Python and NumPy's shared libraries need."""
    triplet = sysconfig.get_config_var("MULTIARCH") or ""
    wanted = ["/lib64", "/usr/lib64", "/etc/ld.so.cache"]
    wanted += (
        [f"/lib/{triplet}", f"/usr/lib/{triplet}"]
        if triplet and os.path.isdir(f"/usr/lib/{triplet}")
        else ["/lib", "/usr/lib"]
    )
    return [p for p in wanted if os.path.lexists(p)]


def python_files() -> tuple[str, list[str]]:
    """The interpreter's real path, and what it needs of its installation: no site-packages.

    Returns:
        The executable, and absolute paths of files and folders.
    """
    executable = os.path.realpath(sys.executable)
    standard = Path(sysconfig.get_path("stdlib"))
    inside = [
        str(p) for p in standard.iterdir() if p.name not in ("site-packages", "dist-packages", "__pycache__")
    ]
    libraries = [str(p) for p in standard.parent.glob("libpython*")]
    return executable, [executable, *sorted(inside), *libraries]
