"""Python sources in other encodings than UTF-8, as some editors write them."""

import codecs
import re
from pathlib import Path

from harness.text import one_line

_COOKIE = re.compile(rb"[ \t\f]*#.*?coding[:=][ \t]*[-\w.]+")  # PEP 263


def to_utf8(path: Path, name: str, notes: list[str]) -> None:
    """Rewrites a .py in UTF-8 with plain line ends, where its encoding is known."""
    before = data = path.read_bytes()
    encoding = ""
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        encoding = "utf-16"
    elif not _is_utf8(data) and not any(_COOKIE.match(line[:1000]) for line in data.split(b"\n", 2)[:2]):
        encoding = "cp1252"
    if encoding:
        label = {"utf-16": "UTF-16", "cp1252": "Windows-1252"}[encoding]
        try:
            data = data.decode(encoding).encode()
            notes.append(f"{one_line(name)} was in {label} and has been converted to UTF-8.")
        except UnicodeError:
            notes.append(f"{one_line(name)} is in no encoding that we know: save it as UTF-8.")
            return
    data = data.removeprefix(codecs.BOM_UTF8).replace(b"\r\n", b"\n").replace(b"\r", b"\n")
    if data != before:
        path.write_bytes(data)


def _is_utf8(data: bytes) -> bool:
    try:
        data.decode()
    except UnicodeDecodeError:
        return False
    return True
