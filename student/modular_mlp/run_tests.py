"""Runs the public tests on the files in this folder: `python run_tests.py`. Given.

python run_tests.py --only 5.4-relu      one question
python run_tests.py --pdb                open the debugger where a test fails
"""

import os
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
ASSIGNMENT = "modular_mlp"
USAGE = 2


def root_of_the_tests():
    """The nearest folder above this one that holds the harness and this assignment's tests, or None."""
    for folder in HERE.parents:
        if (folder / "harness" / "student_test.py").is_file() and (folder / "tests" / ASSIGNMENT).is_dir():
            return folder
    return None


def python_of(root):
    """The Python of the environment that `make test` sets up, or else the one that runs this file."""
    for name in ("bin/python", "Scripts/python.exe"):
        if (root / ".venv" / name).exists():
            return str(root / ".venv" / name)
    return sys.executable


def main(arguments):
    """Run the tests; their exit code, or 2 where they cannot be run."""
    root = root_of_the_tests()
    if root is None:
        print(
            f"The tests are not here: {HERE} must lie in the unpacked {ASSIGNMENT}.zip, as student/{ASSIGNMENT}, beside "
            "its folders harness and tests. Unpack it again, and put your files there.",
            file=sys.stderr,
        )
        return USAGE
    python = python_of(root)
    needed = [python, "-c", "import numpy, pytest, rich"]
    if subprocess.run(needed, cwd=str(root), stderr=subprocess.DEVNULL).returncode:
        print(
            f"{python} lacks packages that the tests need. In {root}: run `make test` once, or "
            "`python -m pip install -r requirements.txt`.",
            file=sys.stderr,
        )
        return USAGE
    command = [python, "-m", "harness.student_test", ASSIGNMENT, "--submission", str(HERE), *arguments]
    return subprocess.run(command, cwd=str(root), env={**os.environ, "PYTHONPATH": str(root)}).returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
