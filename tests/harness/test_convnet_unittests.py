"""The unittests that students of convnet are given, as they run them: the whole suite from the package's folder."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
GIVEN = {
    "TestLinear",
    "TestTanH",
    "TestArcTan",
    "TestFlatten",
}  # what they test is not the student's to write


@pytest.fixture
def unittests(tmp_path):
    """`unittests("student")` gives {(class, test): outcome} and the exit code, of a copy of that folder's convnet."""

    def run(top):
        copy = shutil.copytree(
            ROOT / top / "convnet", tmp_path / top, ignore=shutil.ignore_patterns("__pycache__")
        )
        done = subprocess.run(
            [sys.executable, "-B", "-m", "unittest", "-v"],
            cwd=copy,
            capture_output=True,
            text=True,
            check=False,
            timeout=600,
        )
        lines = re.findall(r"^(test_\w+) \(tests\.\w+\.(\w+)\.\w+\) \.\.\. (\w+)$", done.stderr, re.MULTILINE)
        assert "Ran 25 tests" in done.stderr, done.stderr
        assert len(lines) == 25, done.stderr
        return {(name, test): outcome for test, name, outcome in lines}, done.returncode

    return run


def test_the_reference_passes_all_25(unittests):
    """25 ok."""
    outcomes, code = unittests("reference")
    assert set(outcomes.values()) == {"ok"} and len(outcomes) == 25
    assert code == 0


def test_the_stubs_pass_8_and_not_the_other_17(unittests):
    """Both passes of Linear, TanH, ArcTan and Flatten are given; all else is not written."""
    outcomes, code = unittests("student")
    passed = {case for case, outcome in outcomes.items() if outcome == "ok"}
    assert passed == {(name, test) for name in GIVEN for test in ("test_forward", "test_backward")}
    assert [outcome for outcome in outcomes.values() if outcome != "ok"] == ["ERROR"] * 17
    assert code == 1
