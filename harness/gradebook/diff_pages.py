"""The regrade diff as one HTML page."""

from pathlib import Path

from harness.gradebook.diff import Diff
from harness.gradebook.diff_table import NOTE, parameters, run_name, score_of, side, signed, summary, who
from harness.gradebook.records import RunRecord
from harness.site.pages import environment, page_parts

_HERE = Path(__file__).parent
DETAILED = 500  # students whose tests are shown; the table names all
_TESTS = 100  # of one student
_DECISIONS = 500


def page(diff: Diff, runs: tuple[RunRecord, RunRecord], title: str = "") -> str:
    """The page, which needs no file beside it.

    Args:
        title: The assignment's.
    """
    listed = [*diff.unscored, *diff.changes]
    return (
        environment(_HERE / "templates")
        .get_template("regrade_diff.html.j2")
        .render(
            page_parts(),
            title=title,
            runs=[run_name(run) for run in runs],
            sentences=summary(diff),
            diff=diff,
            note=NOTE,
            parameters=parameters,
            questions=[q for q in diff.questions if q.gained or q.lost],
            listed=listed,
            detailed=DETAILED,
            most_tests=_TESTS,
            most_decisions=_DECISIONS,
            signed=signed,
            score_of=score_of,
            side=side,
            who=who,
        )
    )
