"""What `diff` and `history` have in common: the formats, and where the result goes."""

import argparse
import sys
from collections.abc import Callable
from pathlib import Path

from harness.errors import UsageError

FORMATS = ("table", "csv", "html")


def add_format_arguments(parser: argparse.ArgumentParser) -> None:
    """`--format` and `--to`."""
    parser.add_argument(
        "--format",
        choices=FORMATS,
        default="table",
        help="for the terminal, a spreadsheet or a browser (default: table)",
    )
    parser.add_argument("--to", type=Path, metavar="FILE", help="where it goes (default: standard output)")


def deliver(to: Path | None, text: Callable[[], str] | None, table: Callable[..., None]) -> int:
    """Write the text, or the table where there is none, to a file or to standard output.

    Args:
        table: Called with a console.

    Raises:
        UsageError: If the file cannot be written.
    """
    import io

    from rich.console import Console

    from harness.report.files import write_whole

    if text is None and to is None:
        table(Console(highlight=False))
        return 0
    if text is None:
        written = io.StringIO()
        table(Console(file=written, highlight=False))
        data = written.getvalue().encode("utf-8", "backslashreplace")
    else:
        data = text().encode("utf-8", "backslashreplace")
    if to is None:
        sys.stdout.flush()
        sys.stdout.buffer.write(data)
        sys.stdout.buffer.flush()
        return 0
    try:
        write_whole(to, data)
    except OSError as error:
        raise UsageError(f"{to} cannot be written ({error.strerror}): name another file with --to") from None
    print(f"wrote {to}")
    return 0
