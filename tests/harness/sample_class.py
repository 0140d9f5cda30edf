"""The sample submissions of an assignment: loaded, graded once by the command line, and compared with what is declared.

`fixtures/<assignment>/expected_points.toml` declares what each sample in `submissions` and `variants` beside it loses.
"""

import json
import os
import subprocess
import sys
import tomllib
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
KINDS = ("submissions", "variants")
SEED = "11"


def by_name(result):
    """The tests of a result by their names, parameters included."""
    return {t["id"].rsplit("::", 1)[-1]: t for t in result["tests"]}


def lost(result):
    """The points that a result lacks, by question."""
    return {
        q["id"]: q["max_points"] - q["points"]
        for q in result["questions"]
        if q["max_points"] - q["points"] > 1e-9
    }


def without_markers(text):
    """A file of the reference as a student would hand it in."""
    lines = text.splitlines()
    return [line for line in lines if "# BEGIN SOLUTION" not in line and "# END SOLUTION" not in line]


class SampleClass:
    """The samples of one assignment.

    Attributes:
        expected: What expected_points.toml says, by kind and name.
        samples: The same by name alone.
    """

    def __init__(self, assignment):
        self.assignment = assignment
        self.fixtures = ROOT / "fixtures" / assignment
        self.reference, self.student = ROOT / "reference" / assignment, ROOT / "student" / assignment
        self.expected = tomllib.loads((self.fixtures / "expected_points.toml").read_text(encoding="utf-8"))
        self.samples = {name: sample for kind in KINDS for name, sample in self.expected[kind].items()}

    def with_key(self, key):
        """Names of the samples that declare something of this key."""
        return [name for name, sample in self.samples.items() if key in sample]

    def folder(self, name):
        """Where a sample lies."""
        return next(f for f in (self.fixtures / kind / name for kind in KINDS) if f.exists())

    def copied(self, name):
        """Files of the samples of reference and stubs, relative to their folder."""
        folder = self.folder(name)
        return [path.relative_to(folder) for path in sorted(folder.rglob("*")) if path.is_file()]

    def grade(self, out):
        """Every sample's results.json by its name, from one run of the command line; skips where none can be."""
        if sys.platform != "linux":
            pytest.skip("grading needs Linux")
        folders = [self.fixtures / kind for kind in KINDS]
        options = ["--seed", SEED, "--jobs", "2", "--out", out]
        run = subprocess.run(
            [sys.executable, "grader.py", "grade", self.assignment, *folders, *options],
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=False,
        )
        assert run.returncode == 0, run.stderr
        return {f.parent.name: json.loads(f.read_text(encoding="utf-8")) for f in out.glob("*/results.json")}

    def passes_in_process(self, name, report, *options):
        """Whether each test passes in the tests' own process, by the test's name."""
        tests = [sys.executable, "-m", "pytest", f"tests/{self.assignment}", "-q", "-p", "no:cacheprovider"]
        subprocess.run(
            [*tests, "--submission", self.folder(name), "--seed", SEED, f"--junitxml={report}", *options],
            cwd=ROOT,
            capture_output=True,
            check=False,
            env={**os.environ, "MPLBACKEND": "Agg"},
        )
        return {
            case.get("name"): not any(case.find(tag) is not None for tag in ("failure", "error", "skipped"))
            for case in ET.parse(report).iter("testcase")
        }

    # What holds for the samples of every assignment

    def assert_all_are_declared(self):
        """expected_points.toml names the folders beside it, no more and no fewer."""
        for kind in KINDS:
            assert {f.name for f in (self.fixtures / kind).iterdir()} == set(self.expected[kind])

    def assert_copies_have_not_drifted(self):
        """The samples of reference and stubs are copies of reference/ (without the marker lines) and of student/."""
        for path in self.copied("stubs"):
            ours = (self.folder("stubs") / path).read_text(encoding="utf-8")
            assert ours == (self.student / path).read_text(encoding="utf-8")
        for path in self.copied("reference"):
            ours = (self.folder("reference") / path).read_text(encoding="utf-8").splitlines()
            assert ours == without_markers((self.reference / path).read_text(encoding="utf-8"))

    def assert_all_are_graded(self, results):
        """No sample is refused, forgotten, or ended by a fault of the grader."""
        assert {name: r["status"] for name, r in results.items()} == dict.fromkeys(self.samples, "graded")
        faults = [
            (name, t["id"])
            for name, r in results.items()
            for t in r["tests"]
            if t["status"] == "grader error"
        ]
        assert not faults

    def assert_loses_what_is_declared(self, result, name):
        """Each question loses exactly what the sample's mistake is worth."""
        assert lost(result) == pytest.approx(self.samples[name]["lost"])

    def assert_hints_name_the_cause(self, result, name):
        """The failing tests' hints say what the mistake is."""
        tests, says = by_name(result), self.samples[name]["says"]
        hints = {test: tests[test]["hint"] for test in says}
        assert not {test: hint for test, hint in hints.items() if says[test] not in hint}

    def assert_ends_as_declared(self, result, name):
        """Tests have the declared status."""
        tests, status = by_name(result), self.samples[name]["status"]
        assert {test: tests[test]["status"] for test in status} == status

    def assert_reference_and_stubs(self, results, points):
        """The reference passes every test and earns these points; a stub's tests are not written or not run."""
        assert {t["status"] for t in results["reference"]["tests"]} == {"passed"}
        assert results["reference"]["score"] == results["reference"]["max_score"] == points
        assert {t["status"] for t in results["stubs"]["tests"]} <= {"not written", "not run"}
        assert results["stubs"]["score"] == 0
