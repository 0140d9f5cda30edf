#!/usr/bin/env python3
"""Backmark's command line: `python grader.py --help`."""

import sys

if sys.version_info < (3, 11):
    sys.exit("Backmark needs Python 3.11 or newer; this is " + sys.version.split()[0] + ". Install one, then: make setup")

try:
    from harness.cli import main
except ModuleNotFoundError as missing:
    sys.exit(f"The package {missing.name} is missing here: run `make setup`, then .venv/bin/python grader.py …")

if __name__ == "__main__":
    sys.exit(main())
