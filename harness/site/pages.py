"""HTML pages that stay inert whatever stands in them: autoescape, one strict policy, nothing from outside.

Each page is one file: its style and script are ours, stand inside it, and are allowed by their hashes alone, so
that a page can be mailed by itself and no file beside it (a student's code lies near) can ever run.
"""

import base64
import hashlib
import re
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import ChoiceLoader, Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from harness.report.text_report import number
from harness.text import clean

_HERE = Path(__file__).parent
_COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)
# Trusted types: our own scripts, too, may write text alone, never markup.
_POLICY = (
    "default-src 'none'; img-src 'self' file:; base-uri 'none'; form-action 'none'; "
    "require-trusted-types-for 'script'; trusted-types 'none'"
)


def environment(*folders: Path) -> Environment:
    """A Jinja2 environment in which every value is text: always escaped, odd characters spelled out.

    Templates begin with `{% extends "base.html.j2" %}`, which documents its blocks. Missing names are errors.

    Args:
        folders: Where further templates lie; their names must differ from the ones here.
    """
    loader = ChoiceLoader([FileSystemLoader([_HERE / "templates", *folders])])
    made = Environment(
        loader=loader,
        autoescape=True,
        undefined=StrictUndefined,
        finalize=_finalize,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    made.filters |= {"number": number, "percent": percent}
    made.globals |= {"plural": plural}
    return made


def page_parts(styles: Sequence[str] = (), scripts: Sequence[str] = ()) -> dict[str, Any]:
    """What `base.html.j2` needs besides the page's own values: `policy`, `style` and `script`.

    Args:
        styles: Files of `static/` after base.css, such as "student.css".
        scripts: Files of `static/` after base.js.
    """
    return dict(_parts(("base.css", *styles), ("base.js", *scripts)))


def percent(share: float) -> str:
    """A share in whole percent, where only everything is 100% and only nothing 0%."""
    whole = round(100 * share)
    if whole in (0, 100) and share not in (0, 1):
        return "<1%" if whole == 0 else ">99%"
    return f"{whole}%"


def plural(count: int, noun: str, many: str = "") -> str:
    """`1 student`, `5,000 students`."""
    return f"{count:,} {noun if count == 1 else many or noun + 's'}"


@cache
def _parts(styles: tuple[str, ...], scripts: tuple[str, ...]) -> tuple[tuple[str, Any], ...]:
    style = "\n".join(_shortened(name) for name in styles)
    script = "\n".join(_shortened(name) for name in scripts)
    policy = f"{_POLICY}; style-src {_hash(style)}; script-src {_hash(script)}"
    # Both are our own files, read from this package: the only markup that is not escaped.
    return ("policy", policy), ("style", Markup(style)), ("script", Markup(script))  # noqa: S704


def _shortened(name: str) -> str:
    text = _COMMENT.sub("", (_HERE / "static" / name).read_text(encoding="utf-8"))
    lines = (line.strip() for line in text.splitlines())
    return "\n".join(line for line in lines if line and not line.startswith("// "))


def _hash(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


def _finalize(value: object) -> object:
    """Spell out what could reorder or hide text, such as bidi marks, wherever a template prints a string."""
    if type(value) is not str or value.isprintable():
        return value
    return clean(value, len(value))
