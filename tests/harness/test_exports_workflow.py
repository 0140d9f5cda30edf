"""The example workflow: its steps are run here, in order, with files in place of GitHub's."""

import base64
import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from tests.harness.conftest import TINY_ROOT

ROOT = Path(__file__).resolve().parents[2]
WORKFLOW = yaml.safe_load((ROOT / ".github" / "workflows" / "score-a-push.yml").read_text())
JOB = WORKFLOW["jobs"]["score"]
SOLVED = (TINY_ROOT / "reference" / "tiny" / "solution.py").read_text()


@pytest.fixture
def runner(tmp_path):
    """A workspace as the checkouts leave it: the student's `submission`, and `backmark` with the tiny assignment."""
    backmark = tmp_path / "backmark"
    for part in ("tests", "reference", "student"):
        shutil.copytree(TINY_ROOT / part, backmark / part)
    shutil.copytree(ROOT / "harness", backmark / "harness", ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("grader.py", "Makefile", "requirements.lock"):
        shutil.copy(ROOT / name, backmark)
    # `make setup` finds an environment that is up to date: this one.
    python = backmark / ".venv" / "bin" / "python"
    python.parent.mkdir(parents=True)
    python.write_text(f'#!/bin/sh\nexec "{sys.executable}" "$@"\n')
    python.chmod(0o755)
    (backmark / ".venv" / ".graders").touch()
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "sudo").write_text('#!/bin/sh\necho "$@" >>"$RUNNER_TEMP/sudo"\n')
    (tmp_path / "bin" / "sudo").chmod(0o755)
    (tmp_path / "submission").mkdir()
    (tmp_path / "temp").mkdir()
    return tmp_path


def run_steps(workspace, source, **env):
    """Run every step that has a command, as `bash -e` with the files that GitHub names.

    Returns:
        By step: exit code and output. A step after a failed one runs only if its condition says so.
    """
    if source is not None:
        (workspace / "submission" / "solution.py").write_text(source)
    files = {f"GITHUB_{n}": str(workspace / n.lower()) for n in ("OUTPUT", "STEP_SUMMARY", "ENV", "PATH")}
    for name in files.values():
        Path(name).touch()
    environment = {
        "PATH": f"{workspace / 'bin'}:{os.environ['PATH']}",
        "HOME": str(workspace),
        "RUNNER_TEMP": str(workspace / "temp"),
        "GITHUB_WORKSPACE": str(workspace),
        **files,
        **WORKFLOW["env"],
        "ASSIGNMENT": "tiny",
        **env,
    }
    done, failed = {}, False
    for step in JOB["steps"]:
        if "run" not in step or (failed and not holds(step.get("if", ""), workspace)):
            continue
        ran = subprocess.run(
            ["bash", "-e", "-c", step["run"]],
            cwd=workspace,
            env=environment,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        done[step["name"]] = ran.returncode, ran.stdout + ran.stderr
        failed = failed or ran.returncode != 0
    return done


def holds(condition, workspace):
    """The one kind of condition that the workflow uses."""
    found = re.fullmatch(r"\$\{\{ !cancelled\(\) && hashFiles\('(.+)'\) != '' \}\}", condition)
    return bool(found and any(workspace.glob(found.group(1))))


def result_in(workspace):
    (line,) = (workspace / "output").read_text().splitlines()
    return json.loads(base64.b64decode(line.removeprefix("result=")))


def test_a_good_push_is_scored(runner):
    """Full points, a green job, a summary, the reporter's result, and feedback to take away."""
    done = run_steps(runner, SOLVED, MIN_SCORE="10")
    assert {name: code for name, (code, _) in done.items()} == {
        "Let bubblewrap start": 0,
        "Set up Backmark": 0,
        "Grade": 0,
        "Tell": 0,
    }, done
    assert (runner / "temp" / "sudo").read_text() == "sysctl kernel.apparmor_restrict_unprivileged_userns=0\n"
    result = result_in(runner)
    assert (result["status"], result["max_score"]) == ("pass", 10)
    assert sum(t["score"] for t in result["tests"]) == 10
    assert "Tests that passed: 10 of 10." in (runner / "step_summary").read_text()
    assert {p.name for p in (runner / "feedback").iterdir()} == {"report.txt", "junit.xml"}


def test_a_wrong_push_fails_with_annotations_and_shows_no_hidden_value(runner):
    """Below the least score the job is red, and everything that the student can read is still written."""
    wrong = SOLVED.replace("return x - np.mean(x, axis=0)", "return x - 7531.25").replace(
        "return np.sum(x)", "raise ValueError('::error::no')"
    )
    done = run_steps(runner, wrong, MIN_SCORE="6")
    assert done["Grade"] == (1, "The score is below 6.\n")
    code, told = done["Tell"]
    assert code == 0
    line = SOLVED[: SOLVED.index("return np.sum(x)")].count("\n") + 1
    lines = told.splitlines()
    assert lines[0].startswith(f"::error file=solution.py,line={line},title=q1%3A total(x) is the sum")
    assert all(text.startswith("::error ") for text in lines)
    assert result_in(runner)["status"] == "fail"
    summary, report = (runner / "step_summary").read_text(), (runner / "feedback" / "report.txt").read_text()
    for text in (
        told,
        summary,
        report,
        (runner / "feedback" / "junit.xml").read_text(),
        str(result_in(runner)),
    ):
        assert "753" not in text  # what the hidden test got, and so what it had sent
    assert "hidden test" in report


def test_a_push_without_the_file_says_what_is_missing(runner):
    """No result, no traceback: a sentence, in which no line is a command to the runner."""
    (runner / "submission" / "::error::x.txt").write_text("")
    done = run_steps(runner, None)
    code, told = done["Grade"]
    assert code == 2
    stop, *middle, resume = told.splitlines()
    token = stop.removeprefix("::stop-commands::")
    assert re.fullmatch("[0-9a-f]{32}", token) and resume == f"::{token}::"
    assert any("solution.py" in text for text in middle)


def test_the_workflow_asks_for_little():
    """It reads, keeps no token, uses GitHub's own actions only, and never writes an expression into a shell."""
    assert WORKFLOW["permissions"] == {"contents": "read"}
    assert "permissions" not in JOB
    used = [step["uses"] for step in JOB["steps"] if "uses" in step]
    assert {name.split("@")[0] for name in used} == {
        "actions/checkout",
        "actions/setup-python",
        "actions/upload-artifact",
    }
    for step in JOB["steps"]:
        if step.get("uses", "").startswith("actions/checkout"):
            assert step["with"]["persist-credentials"] is False
        assert "${{" not in step.get("run", "")
        assert "secrets." not in str(step.get("env", {}))
    # What students can download holds nothing of hidden tests.
    (upload,) = [s for s in JOB["steps"] if s.get("uses", "").startswith("actions/upload-artifact")]
    assert upload["with"]["path"] == "feedback"
