"""Sample submissions get the points that they should: one mistake is charged once, and what is open counts as right."""

import json
import os
import subprocess
import sys
import tomllib
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
FIXTURES = ROOT / "fixtures" / "binary_mlp"
EXPECTED = tomllib.loads((FIXTURES / "expected_points.toml").read_text(encoding="utf-8"))
SAMPLES = {name: sample for kind in ("submissions", "variants") for name, sample in EXPECTED[kind].items()}
SEED = "11"


def by_name(result):
    """The tests of a result by their names, parameters included."""
    return {t["id"].rsplit("::", 1)[-1]: t for t in result["tests"]}


def lost(result):
    return {
        q["id"]: q["max_points"] - q["points"]
        for q in result["questions"]
        if q["max_points"] - q["points"] > 1e-9
    }


@pytest.fixture(scope="module")
def results(tmp_path_factory):
    """Every sample's results.json, from one run of the command line."""
    if sys.platform != "linux":
        pytest.skip("grading needs Linux")
    out = tmp_path_factory.mktemp("samples")
    run = subprocess.run(
        [
            sys.executable,
            "grader.py",
            "grade",
            "binary_mlp",
            FIXTURES / "submissions",
            FIXTURES / "variants",
            "--seed",
            SEED,
            "--jobs",
            "2",
            "--out",
            out,
        ],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stderr
    return {f.parent.name: json.loads(f.read_text(encoding="utf-8")) for f in out.glob("*/results.json")}


def test_every_sample_is_declared_and_every_declared_one_is_there():
    """expected_points.toml names the folders beside it, no more and no fewer."""
    for kind in ("submissions", "variants"):
        assert {f.name for f in (FIXTURES / kind).iterdir()} == set(EXPECTED[kind])


def test_the_samples_of_reference_and_stubs_have_not_drifted():
    """They are copies of reference/ (without the marker lines) and of student/: copy them again where this fails."""
    for path in (FIXTURES / "submissions" / "stubs").iterdir():
        assert path.read_text(encoding="utf-8") == (ROOT / "student" / "binary_mlp" / path.name).read_text(
            encoding="utf-8"
        )
    for path in (FIXTURES / "submissions" / "reference").iterdir():
        lines = (ROOT / "reference" / "binary_mlp" / path.name).read_text(encoding="utf-8").splitlines()
        ours = [line for line in lines if "# BEGIN SOLUTION" not in line and "# END SOLUTION" not in line]
        assert path.read_text(encoding="utf-8").splitlines() == ours


def test_every_sample_is_graded(results):
    """No sample is refused, forgotten, or ended by a fault of the grader."""
    assert {name: r["status"] for name, r in results.items()} == dict.fromkeys(SAMPLES, "graded")
    faults = [
        (name, t["id"]) for name, r in results.items() for t in r["tests"] if t["status"] == "grader error"
    ]
    assert not faults


@pytest.mark.parametrize("name", SAMPLES)
def test_a_sample_loses_the_declared_points(results, name):
    """Each question loses exactly what its mistake is worth."""
    assert lost(results[name]) == pytest.approx(SAMPLES[name]["lost"])


@pytest.mark.parametrize("name", [n for n, s in SAMPLES.items() if "says" in s])
def test_a_hint_names_the_cause(results, name):
    """The failing test's hint says what the mistake is."""
    tests = by_name(results[name])
    hints = {test: tests[test]["hint"] for test in SAMPLES[name]["says"]}
    wanting = {test: hint for test, hint in hints.items() if SAMPLES[name]["says"][test] not in hint}
    assert not wanting


@pytest.mark.parametrize("name", [n for n, s in SAMPLES.items() if "status" in s])
def test_a_sample_ends_in_the_declared_way(results, name):
    """A loop without end, an early exit and unmet prerequisites are called by their names."""
    tests = by_name(results[name])
    assert {test: tests[test]["status"] for test in SAMPLES[name]["status"]} == SAMPLES[name]["status"]


def test_the_reference_gets_every_point_and_stubs_get_none(results):
    """The reference passes every test; a stub's tests are not written or not run."""
    assert {t["status"] for t in results["reference"]["tests"]} == {"passed"}
    assert results["reference"]["score"] == results["reference"]["max_score"] == 56
    assert {t["status"] for t in results["stubs"]["tests"]} <= {"not written", "not run"}
    assert results["stubs"]["score"] == 0


def test_a_submission_reads_nothing_outside_its_folder(results):
    """What the sample would say of a file that it could read is nowhere in its results."""
    result = results["reads_the_file_system"]
    assert "leaked" not in json.dumps(result)
    assert by_name(result)["test_bias_vectors_have_the_right_shapes"]["status"] == "passed"
    got = by_name(result)["test_checker_leaves_the_parameters_alone"]["got"]
    assert got.startswith(("PermissionError", "FileNotFoundError"))


def test_a_missing_function_is_not_written(results):
    """A test of a function that is not there says so, and no other mistake excuses it."""
    tests = by_name(results["wrong_sigmoid_twice"])
    for name in (
        "test_training_separates_two_clouds",
        "test_loop_learns_with_right_pieces",
        "test_loss_falls",
    ):
        assert tests[name]["status"] == "not written"
        assert "train is not there" in tests[name]["got"]


def test_no_time_is_spent_on_training_with_a_piece_that_hangs(results):
    """Once ReLU has not ended, no test that trains with it begins."""
    tests = by_name(results["hangs"])
    for name in ("test_training_separates_two_clouds", "test_accuracy_on_unseen_digits", "test_loss_falls"):
        assert tests[name]["cpu_s"] == 0
        assert "did not end either" in tests[name]["got"]


@pytest.mark.parametrize(
    "name", ["reference", "stubs", "missing_bias_sum", "wrong_checker_precedence", "right_per_sample_stacks"]
)
def test_without_a_sandbox_the_same_tests_pass(results, name, tmp_path):
    """Run in the tests' own process, a submission passes and fails the same tests as in the sandbox."""
    folder = next(f for f in (FIXTURES / "submissions" / name, FIXTURES / "variants" / name) if f.exists())
    report = tmp_path / "report.xml"
    subprocess.run(
        [
            sys.executable,
            "-m",
            "pytest",
            "tests/binary_mlp",
            "--submission",
            folder,
            "--seed",
            SEED,
            "-q",
            "-p",
            "no:cacheprovider",
            f"--junitxml={report}",
        ],
        cwd=ROOT,
        capture_output=True,
        check=False,
        env={**os.environ, "MPLBACKEND": "Agg"},
    )
    cases = {
        case.get("name"): not any(case.find(tag) is not None for tag in ("failure", "error", "skipped"))
        for case in ET.parse(report).iter("testcase")
    }
    assert cases == {test: t["status"] == "passed" for test, t in by_name(results[name]).items()}
