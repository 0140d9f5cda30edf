"""Poisoning the intake: what a whole grading makes of it (the many cases are in test_staging.py)."""

import io
import json
import tarfile
import zipfile

from tests.harness.attacks.corpus import HONEST


def zipped(files: dict[str, str | bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return out.getvalue()


def tarred(name: str, content: bytes) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w:gz") as archive:
        info = tarfile.TarInfo(name)
        info.size = len(content)
        archive.addfile(info, io.BytesIO(content))
    return out.getvalue()


def notebook(*sources: str) -> bytes:
    cells = [
        {"cell_type": "code", "source": s, "metadata": {}, "outputs": [], "execution_count": None}
        for s in sources
    ]
    return json.dumps({"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": cells}).encode()


# File name, bytes, and what it may earn: None where it is refused.
FILES: dict[str, tuple[str, bytes, float | None]] = {
    "an honest zip": ("s.zip", zipped({"solution.py": HONEST}), 10.0),
    "an honest notebook": ("solution.ipynb", notebook(HONEST), 10.0),
    "a name that climbs": ("s.zip", zipped({"../solution.py": HONEST, "solution.py": HONEST}), None),
    "an absolute name": ("s.tar.gz", tarred("/tmp/solution.py", HONEST.encode()), None),
    "a bomb": ("s.zip", zipped({"solution.py": b"#" * (200 << 20)}), None),
    "a bomb beside": (
        "s.zip",
        zipped({"solution.py": HONEST, **{f"{i}.txt": bytes(19 << 20) for i in range(8)}}),
        None,
    ),
    "too many files": (
        "s.zip",
        zipped({"solution.py": HONEST, **{f"{i}.txt": "" for i in range(2000)}}),
        None,
    ),
    "half a zip": ("s.zip", zipped({"solution.py": HONEST})[:200], None),
    "no zip": ("s.zip", b"this is no zip", None),
    "no notebook": ("solution.ipynb", b"{not json", None),
    "a notebook of 100,000 cells": ("solution.ipynb", notebook(*["x = 1"] * 100_000, HONEST), None),
    "a notebook that ends the process": ("solution.ipynb", notebook("import os; os._exit(0)", HONEST), 0.0),
    "nothing at all": ("s.zip", zipped({}), None),
    "UTF-16": ("solution.py", HONEST.encode("utf-16"), 10.0),
    "Windows-1252": ("solution.py", b"# caf\xe9\r\n" + HONEST.replace("\n", "\r\n").encode(), 10.0),
    "random bytes": ("solution.py", bytes(range(256)) * 40, 0.0),
    "another kind": ("solution.exe", b"MZ", None),
}
