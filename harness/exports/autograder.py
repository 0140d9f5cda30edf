"""Inside Gradescope's container: grade submission/, write results/results.json. `run_autograder` starts this."""

import json
import os
import sys
from pathlib import Path
from typing import Any

from harness import assignment as assignments
from harness.errors import BackmarkError
from harness.exports.one_submission import grade_alone
from harness.report import gradescope
from harness.report.files import write_whole
from harness.report.text_report import number
from harness.text import one_line

LARGEST_METADATA = 64 << 20
SOURCE = Path(__file__).resolve().parents[2]


def metadata(path: Path) -> dict[str, Any]:
    """submission_metadata.json, or nothing where it is missing or damaged: grading needs none of it."""
    try:
        if path.stat().st_size > LARGEST_METADATA:
            return {}
        data = json.loads(path.read_bytes())
    except (OSError, ValueError, RecursionError):
        return {}
    return data if isinstance(data, dict) else {}


def submitters(data: dict[str, Any]) -> str:
    """Who handed it in, as the report calls it; earlier submissions and their results are not looked at."""
    users = data.get("users")
    names = [u.get("name") for u in users if isinstance(u, dict)] if isinstance(users, list) else []
    told = " and ".join(one_line(n, 80) for n in names if isinstance(n, str) and n.strip())
    return told or f"submission {one_line(str(data.get('id', '')), 40)}".strip()


def other_total(data: dict[str, Any], points: float) -> str:
    """A sentence for the staff where Gradescope's total is not what this assignment is out of, or nothing."""
    about = data.get("assignment")
    told = about.get("total_points") if isinstance(about, dict) else None
    try:
        total = float(str(told))
    except ValueError:
        return ""
    if abs(total - points) < 0.005:
        return ""
    return (
        f"Gradescope's assignment is out of {number(total)} points, the tests and marks here are out of "
        f"{number(points)}: set {number(points)} in Gradescope."
    )


def main() -> int:
    """Grade, and say on standard output, which only the staff sees, what the staff should know."""
    root = Path(os.environ.get("AUTOGRADER_ROOT", "/autograder"))
    settings = json.loads((SOURCE / "export.json").read_text(encoding="utf-8"))
    data = metadata(root / "submission_metadata.json")
    try:
        assignment = assignments.load(settings["assignment"], SOURCE)
    except BackmarkError as e:  # run_autograder writes the result that says so
        print(f"a fault of the grader: {e}", file=sys.stderr)
        return 3
    result, _ = grade_alone(
        assignment, root / "submission", submitters(data), insecure=settings["insecure"] is True
    )
    print(f"{one_line(result.submission)}: {result.status}; sandbox tier: {result.tier}")
    if result.message:
        print(one_line(result.message, 1000))
    if sentence := other_total(data, result.max_score):
        print(sentence)
    rendered = json.dumps(gradescope.render(result), ensure_ascii=True, allow_nan=False) + "\n"
    write_whole(root / "results" / "results.json", rendered.encode("ascii"))
    return 3 if result.score is None else 0


if __name__ == "__main__":
    sys.exit(main())
