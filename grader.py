#!/usr/bin/env python3
"""Backmark's command line: `python grader.py --help`."""

import os
import sys

if sys.version_info < (3, 11):
    sys.exit(
        "Backmark needs Python 3.11 or newer; this is "
        + sys.version.split()[0]
        + ". Install one, then: make setup"
    )

VENV_PYTHON = os.path.join(os.path.dirname(os.path.abspath(__file__)), ".venv", "bin", "python")


def run() -> int:
    """Run the command line; go on in the project's own environment where this interpreter lacks a package."""
    try:
        from harness.cli import main

        return main()
    except ModuleNotFoundError as missing:
        if os.path.exists(VENV_PYTHON) and not os.path.samefile(
            sys.prefix, os.path.dirname(os.path.dirname(VENV_PYTHON))
        ):
            os.execv(VENV_PYTHON, [VENV_PYTHON, *sys.argv])
        print(
            f"grader.py: the package {missing.name} is missing here: run `make setup` first.", file=sys.stderr
        )
        return 2


if __name__ == "__main__":
    sys.exit(run())
