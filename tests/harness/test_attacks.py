"""Hostile submissions, graded for real in both tiers: none earns more than honest code, harms anybody, or breaks us."""

import csv
import json
import os
import socket
import unicodedata
import xml.etree.ElementTree as ET
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import jsonschema
import pytest

from harness.grading.class_run import ClassRun, Task
from harness.grading.warm_grader import WarmGraderHandle
from harness.isolation import tiers
from harness.report import grades_csv
from tests.harness.attacks import (
    copying,
    ending,
    exhausting,
    hanging,
    intake,
    lying,
    poisoning,
    reaching,
    tampering,
)
from tests.harness.attacks.corpus import HONEST, Attack
from tests.harness.conftest import SEED, TINY_ROOT, Grading, children_of, tiny_assignment, written

FAMILIES = (ending, hanging, exhausting, reaching, tampering, lying, copying, poisoning)
CASES = [
    pytest.param(attack, id=f"{module.__name__.rsplit('.', 1)[-1]}: {name}")
    for module in FAMILIES
    for name, attack in module.ATTACKS.items()
]
VALIDATOR = jsonschema.Draft202012Validator(
    json.loads((TINY_ROOT.parents[2] / "harness/report/results.schema.json").read_text())
)


class Surroundings:
    """What an attack must not touch: a secret file, a place to write, listeners, the environment."""

    def __init__(self, folder: Path) -> None:
        self.canary, self.mark = folder / "canary.txt", folder / "mark"
        self.canary.write_text("secret\n")
        self.canary.chmod(0o666)
        folder.chmod(0o777)
        for parent in folder.parents[:-1]:  # so that permissions are not what keeps an attack out
            if parent != Path("/tmp") and parent.stat().st_uid == os.getuid():
                parent.chmod(parent.stat().st_mode | 0o055)
        self.tcp, self.udp = (
            socket.create_server(("127.0.0.1", 0)),
            socket.socket(socket.AF_INET, socket.SOCK_DGRAM),
        )
        self.udp.bind(("127.0.0.1", 0))
        self.abstract = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.name = f"backmark-canary-{os.getpid()}"
        self.abstract.bind(f"\0{self.name}")
        self.abstract.listen()
        for listener in (self.tcp, self.udp, self.abstract):
            listener.setblocking(False)
        os.environ["BACKMARK_CANARY"] = "secret"

    def filled(self, content: str | bytes, pid: int) -> str | bytes:
        if isinstance(content, bytes):
            return content
        for word, value in {
            "@CANARY@": self.canary,
            "@MARK@": self.mark,
            "@PORT@": self.tcp.getsockname()[1],
            "@UDP@": self.udp.getsockname()[1],
            "@NAME@": self.name,
            "@ROOT@": TINY_ROOT,
            "@PID@": pid,
            "@HOSTNAME@": os.uname().nodename + "!",
        }.items():
            content = content.replace(word, str(value))
        return content

    def check(self) -> None:
        """Fail if an attack has reached anything."""
        assert self.canary.read_text() == "secret\n"
        assert sorted(p.name for p in self.canary.parent.iterdir()) == ["canary.txt"]
        for listener in (self.tcp, self.abstract):
            with pytest.raises(BlockingIOError):
                listener.accept()
        with pytest.raises(BlockingIOError):
            self.udp.recv(1)
        for name in ("written", "fill-0", "kept", "made", "linked"):
            assert not os.path.lexists(f"/tmp/{name}")
            assert not os.path.lexists(f"/dev/shm/{name}")

    def close(self) -> None:
        for listener in (self.tcp, self.udp, self.abstract):
            listener.close()
        os.environ.pop("BACKMARK_CANARY", None)


@pytest.fixture(scope="module")
def surroundings(tmp_path_factory):
    """A canary, listeners and a secret in the environment, before the first grader starts."""
    around = Surroundings(tmp_path_factory.mktemp("surroundings"))
    yield around
    around.close()


@dataclass
class Both:
    """Graders of both tiers, and threads for them."""

    grades: list[Grading]
    pool: ThreadPoolExecutor

    def __call__(self, path: Path) -> list[tuple[Grading, dict]]:
        return list(zip(self.grades, self.pool.map(lambda grade: grade(path), self.grades), strict=True))


@pytest.fixture(scope="module")
def both(request, surroundings):
    """A warm grader of each tier: grades one submission in both at once."""
    grades = [request.getfixturevalue("grade_tiny_kernel")]
    if tiers.bubblewrap()[0]:
        grades.append(request.getfixturevalue("grade_tiny"))
    with ThreadPoolExecutor(len(grades)) as pool:
        yield Both(grades, pool)


def test_bubblewrap_is_among_the_tiers_that_are_attacked(both, tmp_path):
    """Where bubblewrap does not work, only the tier without it is attacked, and this says so."""
    if tiers.bubblewrap()[0] is None:
        pytest.skip(f"only the tier without bubblewrap is attacked here: {tiers.bubblewrap()[1]}")
    results = [result for _, result in both(written({"solution.py": HONEST}, tmp_path / "honest"))]
    assert [(r["tier"], r["score"]) for r in results] == [(tiers.KERNEL, 10), (tiers.FULL, 10)]


def materialised(attack: Attack, folder: Path, around: Surroundings, pid: int) -> Path:
    """The attack's files on disk; `->` is a link, `|` a pipe."""
    plain = {}
    folder.mkdir(parents=True)
    for name, content in attack.files.items():
        content = around.filled(content, pid)
        if isinstance(content, str) and content.startswith("->"):
            (folder / name).symlink_to(content[2:])
        elif content == "|":
            os.mkfifo(folder / name)
        else:
            plain[name] = content
    return written(plain, folder)


def check_outcome(result: dict, attack: Attack) -> None:
    """Points exactly as declared, and every test ends in an expected word that is no fault of the grader's."""
    words = {t["id"]: (t["status"], t["hint"], t["got"], t["detail"]) for t in result["tests"]}
    assert "grader error" not in {w[0] for w in words.values()}, words
    assert result["status"] == attack.submission, (result["message"], words)
    earned = {q: sum(t["points"] for t in result["tests"] if t["question"] == q) for q in ("q1", "q2")}
    assert earned == {"q1": attack.q1, "q2": attack.q2}, words
    assert result["score"] == attack.q1 + attack.q2
    for test in result["tests"]:
        if test["status"] != "passed":
            assert test["status"] in attack.status, words
            # What writes to the grader's socket is allowed to: if that were denied, it would test nothing.
            forged = "forge(" in str(attack.files) and "no breach" not in str(attack.files)
            assert not forged or "PermissionError" not in test["got"], words
            assert test["points"] == 0


def printable(text: str) -> bool:
    """Whether nothing in a text can move a cursor, turn its direction or hide."""
    return all(
        c == "\n" or unicodedata.category(c) not in ("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp") for c in text
    )


def strings(data: object) -> list[str]:
    if isinstance(data, dict):
        return [s for k, v in data.items() for s in [str(k), *strings(v)]]
    if isinstance(data, list):
        return [s for v in data for s in strings(v)]
    return [data] if isinstance(data, str) else []


def check_reports(folder: Path) -> None:
    """All files of the report are whole, valid and harmless to read."""
    result = json.loads((folder / "results.json").read_text("utf-8"))
    VALIDATOR.validate(result)
    json.loads((folder / "gradescope.json").read_text("utf-8"))
    ET.fromstring((folder / "junit.xml").read_bytes())
    assert printable((folder / "report.txt").read_text("utf-8"))
    for text in strings({k: v for k, v in result.items() if k != "submission"}):
        assert printable(text.replace("\t", " ")), repr(text[:200])


@pytest.mark.parametrize("attack", CASES)
def test_an_attack_earns_what_is_honest_and_leaves_nothing_behind(both, surroundings, tmp_path, attack):
    """Points and words as declared, valid reports, no process and no file left, and the next submission is served."""
    honest = written({"solution.py": HONEST}, tmp_path / "honest")
    pids = {grade.tier.name: grade.handle.process.pid for grade in both.grades}
    before = children_of(*pids.values())
    for grade, result in both(materialised(attack, tmp_path / "attack", surroundings, pids[tiers.KERNEL])):
        check_outcome(result, attack)
        check_reports(grade.last)
        assert grade.handle.process.pid == pids[grade.tier.name]
    surroundings.check()
    assert children_of(*pids.values()) == before
    assert [result["score"] for _, result in both(honest)] == [10] * len(pids)


@pytest.mark.parametrize("case", intake.FILES.values(), ids=intake.FILES.keys())
def test_the_intake_refuses_or_grades(both, surroundings, tmp_path, case):
    """A hostile file is refused with a reason, or graded for what it is; never a fault of ours."""
    name, data, score = case
    path = tmp_path / name
    path.write_bytes(data)
    for grade, result in both(path):
        assert result["status"] == ("refused" if score is None else "graded"), result["message"]
        assert result["score"] == (score or 0.0)
        assert score is not None or result["message"]
        check_reports(grade.last)
    surroundings.check()


def test_attacks_that_sleep_are_ended(both, surroundings, tmp_path):
    """What sleeps or blocks is ended by the wall clock as timed out, and costs the other questions nothing."""

    def grade_all(grading: Grading) -> list[tuple[Attack, dict, Task]]:
        folder = tmp_path / ("kernel" if grading.tier.bubblewrap is None else "full")
        tasks = [
            Task(
                materialised(attack, folder / str(i), surroundings, os.getpid()),
                f"slow-{i}",
                folder / f"reports-{i}",
            )
            for i, attack in enumerate(hanging.SLOW.values())
        ]
        with ClassRun(tiny_assignment(), grading.tier, seed=SEED, jobs=len(tasks)) as run:
            rows = run.rows(tasks)
        return list(zip(hanging.SLOW.values(), rows, tasks, strict=True))

    for outcomes in both.pool.map(grade_all, both.grades):
        for attack, row, task in outcomes:
            result = json.loads((task.out / "results.json").read_text())
            assert row["score"] == result["score"]
            check_outcome(result, attack)
            check_reports(task.out)
    surroundings.check()


@pytest.mark.parametrize("name", poisoning.NAMES)
def test_a_hostile_name_stays_text(grade_tiny_kernel, tmp_path, name):
    """The name of a submission is made harmless in the report and in the table of grades."""
    result = grade_tiny_kernel({"solution.py": HONEST}, name)
    assert result["score"] == 10
    assert printable((grade_tiny_kernel.last / "report.txt").read_text("utf-8"))
    ET.fromstring((grade_tiny_kernel.last / "junit.xml").read_bytes())
    row = grades_csv.Row(name, 10.0, 10.0, "graded", "=1+1", {"q1": (5.0, 5.0)})
    grades_csv.write([row], tmp_path / "grades.csv", ["q1"])
    text = (tmp_path / "grades.csv").read_text("utf-8")
    assert printable(text.replace("\t", " "))
    (_, cells) = list(csv.reader(text.splitlines()))
    assert not cells[0].startswith(("=", "+", "-", "@", "\t"))


def test_the_breaches_work_where_there_is_no_boundary(surroundings, tmp_path):
    """Without a sandbox the same attacks do earn points: that they earn none in one is the sandbox's doing."""
    names = (
        "TCP to loopback",
        "reading the secret file",
        "a subprocess",
        "the list of users",
        "writing where it was told",
    )
    handle = WarmGraderHandle(tiny_assignment(), tiers.Tier(tiers.INSECURE, None, False, False), SEED)
    try:
        for i, name in enumerate(names):
            path = materialised(reaching.ATTACKS[name], tmp_path / str(i), surroundings, os.getpid())
            assert handle.grade(path, name, tmp_path / f"reports-{i}")["score"] == 10, name
    finally:
        handle.close()
        surroundings.mark.unlink(missing_ok=True)
        while True:
            try:
                surroundings.tcp.accept()[0].close()
            except BlockingIOError:
                break
    surroundings.check()
