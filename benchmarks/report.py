"""How long the HTML report takes for a synthetic class of 5,000, and for one of 500 beside it, and how large it is.

The students' results are drawn from a model of ability and difficulty; their code is that of the sample submissions,
different in every copy, so that nothing is rendered once for two of them.
Run: python -m benchmarks.report
"""

import argparse
import json
import math
import os
import random
import resource
import shutil
import sys
import tempfile
import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from harness import results
from harness.gradebook.records import Attempt, Grade, LateLine, Override, RunRecord, Student
from harness.report.pictures import curves
from harness.results import HandMark, Picture, QuestionResult, SubmissionResult, TestResult
from harness.site.build import build_site
from harness.site.inputs import ClassInput

ROOT = Path(__file__).resolve().parents[1]
TITLE = "Threes against nines with a hand-made MLP"
AT = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
FUNCTIONS = (
    "sigmoid_activation",
    "relu_activation",
    "logistic_loss",
    "layer_forward",
    "create_weight_matrices",
    "forward_pass",
    "backward_pass",
    "update_all_weights",
    "train",
    "compute_accuracy",
)
CLAIMS = (
    "{} gives the values of the second toy batch.",
    "{} is right for fresh inputs of any shape.",
    "{} leaves its arguments alone.",
    "{} works on one sample and on none.",
    "{} stays finite at -1000 and 1000.",
    "{} agrees with central differences.",
)
HINTS = (
    "Check the sign in {}: the result is the negative of what it should be.",
    "{} adds over the wrong axis: sum over the rows, with keepdims=True.",
    "{} changes its argument: work on a copy.",
    "{} returns a shape that depends on the batch: look at the bias.",
    "{} overflows: use the form that never exponentiates a large number.",
    "The gradient of {} has the right direction and the wrong size: the mean is missing.",
)
FIRST = [
    "Ada",
    "Ben",
    "Chloé",
    "Dmitri",
    "Emine",
    "Farid",
    "Grace",
    "Hana",
    "Ifeoma",
    "Jürgen",
    "Kaori",
    "Linh",
    "Marta",
    "Nils",
    "Olu",
    "Priya",
    "Qi",
    "Rosa",
    "Søren",
    "Tariq",
]
LAST = [
    "Abbott",
    "Bauer",
    "Çelik",
    "Diaz",
    "Eze",
    "Fischer",
    "Guðmundsson",
    "Hoang",
    "Ito",
    "Jensen",
    "Kowalski",
    "Lopez",
    "Müller",
    "Nguyen",
    "Okafor",
    "Petrov",
]


@dataclass(frozen=True)
class Question:
    """A question of the synthetic assignment."""

    id: str
    title: str
    points: float
    bonus: bool = False


QUESTIONS = tuple(
    Question(f"{1 + i // 5}.{'abcde'[i % 5]}", name.replace("_", " ").capitalize(), 6.0)
    for i, name in enumerate(FUNCTIONS)
)


def write_class(folder: Path, students: int, seed: int = 1) -> ClassInput:
    """Write results, code and pictures of a class, as grading would, and return what the site is built from."""
    random_ = random.Random(seed)
    samples = sorted((ROOT / "fixtures/binary_mlp/submissions").glob("*/hw2.py"))
    sources = [sample.read_text(encoding="utf-8") for sample in samples]
    pictures = {
        "loss.png": curves(
            {"train": [1 / (1 + i / 9) for i in range(200)]},
            title="Loss at each step",
            xlabel="step",
            ylabel="loss",
        ),
        "acc.png": curves(
            {"train": [1 - 0.5 / (1 + i / 9) for i in range(200)]},
            title="Accuracy at each step",
            xlabel="step",
            ylabel="accuracy",
        ),
    }
    shared = folder / "pictures"
    shared.mkdir(parents=True)
    for name, data in pictures.items():
        (shared / name).write_bytes(data)
    difficulties = [random_.gauss(-0.9, 0.9) for _ in range(len(FUNCTIONS) * len(CLAIMS))]
    grades = []
    for number in range(students):
        name = f"{random_.choice(FIRST)} {random_.choice(LAST)}"
        submission = f"s{number:05}"
        result = _result(submission, difficulties, random_)
        own = folder / submission
        (own / "code").mkdir(parents=True)
        if result.status == results.GRADED:
            source = random_.choice(sources).replace("weight", f"w{number}")
            (own / "code" / "hw2.py").write_text(f"# {submission}\n{source}", encoding="utf-8")
            if result.score and result.score > 30:
                for picture in pictures:
                    os.link(shared / picture, own / picture)
                result.pictures = [
                    Picture("loss.png", "Loss at each step"),
                    Picture("acc.png", "Accuracy at each step"),
                ]
        (own / "results.json").write_text(json.dumps(result.to_dict()), encoding="ascii")
        grades.append(
            _grade(result, Student(f"{submission}@example.edu", name, section=f"S{number % 4}"), random_)
        )
    run = RunRecord(
        1,
        AT,
        AT + timedelta(hours=1),
        "0" * 64,
        seed,
        "bubblewrap + Landlock + seccomp",
        "local",
        students,
        0,
    )
    return ClassInput.of(folder, "binary_mlp", TITLE, QUESTIONS, grades, [run])


def _result(submission: str, difficulties: list[float], random_: random.Random) -> SubmissionResult:
    result = SubmissionResult(
        "binary_mlp", submission, 1, "bubblewrap + Landlock + seccomp", title=TITLE, started_at=AT.isoformat()
    )
    fate = random_.random()
    if fate < 0.012:
        result.status, result.max_score = results.REFUSED, 60.0
        result.message = "The archive is encrypted: hand in one without a password."
        return result
    if fate < 0.016:
        result.status, result.score, result.max_score = results.GRADER_ERROR, None, 60.0
        result.message = "The machine ran out of processes."
        return result
    ability = random_.gauss(0.6, 1.1)
    for q, function in enumerate(FUNCTIONS):
        result.tests += _tests(q, function, ability, difficulties, random_)
    for question in QUESTIONS:
        points = sum(t.points for t in result.tests if t.question == question.id)
        result.questions.append(QuestionResult(question.id, question.title, points, question.points))
    result.score, result.max_score = sum(q.points for q in result.questions), 60.0
    result.by_hand = [HandMark("2.e-ii", "2.e", "Patterns in the misclassified digits", 3.0)]
    result.pending_points = 3.0
    result.notes = ["backward_pass returns gradients of the mean loss."]
    return result


def _tests(
    q: int, function: str, ability: float, difficulties: list[float], random_: random.Random
) -> list[TestResult]:
    tests: list[TestResult] = []
    unwritten = random_.random() < 0.02
    for c, claim in enumerate(CLAIMS):
        hidden = c % 2 == 1
        place = "hidden/" if hidden else ""
        test = TestResult(
            f"{place}test_{QUESTIONS[q].id.replace('.', '')}.py::test_{function}_{c}",
            QUESTIONS[q].id,
            claim.format(function),
            "hidden" if hidden else "public",
            results.PASSED,
            1.0,
            1.0,
            duration_s=0.05,
            cpu_s=round(random_.lognormvariate(-3.5 + q / 4, 0.5), 4),
            memory_mib=100,
        )
        chance = 1 / (1 + math.exp(-1.7 * (ability - difficulties[q * len(CLAIMS) + c])))
        if unwritten:
            test.status, test.points = results.NOT_WRITTEN, 0.0
            test.hint = "Not written yet: replace the line that raises NotImplementedError."
            test.got = f"{function} is not written yet"
        elif random_.random() > chance:
            test.status = random_.choices((results.FAILED, results.TIMED_OUT, results.CRASHED), (40, 2, 1))[0]
            test.hint = HINTS[c].format(function)
            test.expected, test.got = (
                f"{random_.random():.10f} at [1, 0]",
                f"{-random_.random():.10f} at [1, 0]",
            )
            test.detail = "1 of 3 entries differ; largest error 1.14, tolerance 0 + 1e-09 × |expected|"
            earlier = [t for t in tests if t.status == results.FAILED and t.charged_to is None]
            if earlier and random_.random() < 0.3:
                test.charged_to = earlier[0].id
            else:
                test.points = 0.0
        tests.append(test)
    return tests


def _grade(result: SubmissionResult, student: Student, random_: random.Random) -> Grade:
    late, overrides, total = None, [], result.score
    submitted = AT - timedelta(hours=random_.randrange(200))
    if total is not None and random_.random() < 0.06:
        hours = random_.randrange(1, 40)
        deduction = min(0.25 * hours, 6.0)
        due = submitted - timedelta(hours=hours)
        late = LateLine(
            submitted,
            due,
            hours * 3600.0,
            deduction,
            f"{hours} h late: {deduction:g} points off, 0.25 an hour.",
        )
        total = max(0.0, total - deduction)
    if random_.random() < 0.01:
        overrides.append(Override(student.id, None, 42.0, "Agreed in the oral examination", "Prof. Weiß", AT))
        total = 42.0
    attempt = Attempt(
        result.submission,
        f"{random_.getrandbits(256):064x}",
        submitted,
        AT,
        1,
        result.status,
        result.score,
        60.0,
        total,
        True,
    )
    earlier = [
        Attempt(
            f"{result.submission}-1",
            f"{random_.getrandbits(256):064x}",
            submitted - timedelta(days=1),
            AT,
            1,
            "graded",
            20.0,
            60.0,
            20.0,
            False,
        )
    ]
    return Grade(
        student,
        result.submission,
        result.status,
        result.message,
        result.score,
        60.0,
        result.pending_points,
        total,
        {q.id: (q.points, q.max_points) for q in result.questions},
        late,
        tuple(overrides),
        (student.id,),
        (*(earlier if random_.random() < 0.2 else []), attempt),
        submitted,
    )


def usability(index: Path) -> str:
    """How quickly the class page answers in Chromium, where there is one."""
    chromium = shutil.which("chromium") or shutil.which("google-chrome")
    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        chromium = None
    if chromium is None:
        return "The class page was not opened: there is no Chromium or no Playwright here."
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=chromium, args=["--disable-gpu", *(["--no-sandbox"] if os.geteuid() == 0 else [])]
        )
        page = browser.new_page()
        page.goto(index.as_uri())
        loaded = page.evaluate(
            "performance.timing.domContentLoadedEventEnd - performance.timing.navigationStart"
        )
        took = "(act) => { const t = performance.now(); act(); document.body.offsetHeight; return performance.now() - t; }"
        sorting = page.evaluate(f"({took})(() => document.querySelectorAll('#heads button')[2].click())")
        typing = "const s = document.getElementById('search'); s.value = 'ada'; s.dispatchEvent(new Event('input'));"
        filtering = page.evaluate(f"({took})(() => {{ {typing} }})")
        browser.close()
    return f"Class page in Chromium: open in {loaded / 1000:.2f} s, sorted in {sorting:.0f} ms, filtered in {filtering:.0f} ms"


def measure(students: int, jobs: int) -> float:
    """Seconds for the site of a class, printed with its sizes."""
    with tempfile.TemporaryDirectory() as folder:
        given = write_class(Path(folder) / "out", students)
        start = time.perf_counter()
        build_site(given, Path(folder) / "out" / "html", jobs)
        seconds = time.perf_counter() - start
        site = Path(folder) / "out" / "html"
        pages = [path.stat().st_size for path in (site / "students").iterdir()]
        opened = usability(site / "index.html")
        index, plain = ((site / name).stat().st_size for name in ("index.html", "students.html"))
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(
        f"{students:,} students: {seconds:.1f} s, {1000 * seconds / students:.2f} ms each; class page {index / 1e6:.2f} MB, "
        f"plain list {plain / 1e6:.2f} MB, student pages {sum(pages) / len(pages) / 1e3:.0f} KB each, "
        f"{sum(pages) / 1e6:.0f} MB in all; peak memory of the coordinator so far {peak:.0f} MiB"
    )
    print(opened)
    return seconds


def main() -> int:
    """Measure both classes; exit with 1 where the larger takes more than 20 s."""
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--jobs", type=int, default=os.cpu_count() or 1)
    options.add_argument("--students", type=int, default=5000)
    given = options.parse_args()
    few = max(1, given.students // 10)
    small, large = measure(few, given.jobs), measure(given.students, given.jobs)
    print(
        f"Cost of a student in the large class over one in the small class: {large / given.students / (small / few):.2f}"
    )
    return int(large > 20)


if __name__ == "__main__":
    sys.exit(main())
