"""What stands of an earlier grading when only some questions are graded again."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from harness.results import NOT_RUN, LeaderboardEntry, Picture, SubmissionResult, TestResult
from harness.rubric import charged_anew
from harness.run import Run

Origins = Mapping[str, Mapping[str, Sequence[str]]]


@dataclass
class Kept:
    """The tests of questions whose hashes are the same, and what those tests put beside the report."""

    tests: list[TestResult] = field(default_factory=list)
    pictures: list[Picture] = field(default_factory=list)
    leaderboard: list[LeaderboardEntry] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    @classmethod
    def of(cls, result: SubmissionResult, origins: Origins, questions: Iterable[str]) -> "Kept":
        """What stands of `result` for some questions; `origins` says which of them made which picture and note."""
        stands = list(questions)
        made = {
            what: {name for q in stands for name in origins.get(q, {}).get(what, ())}
            for what in ("pictures", "leaderboard", "notes")
        }
        return cls(
            [charged_anew(t) for t in result.tests if t.question in stands],
            [p for p in result.pictures if p.file in made["pictures"]],
            [e for e in result.leaderboard if e.name in made["leaderboard"]],
            [n for n in result.notes if n in made["notes"]],
        )

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> "Kept":
        """The inverse of `dataclasses.asdict`."""
        return cls(
            [TestResult(**t) for t in data["tests"]],
            [Picture(**p) for p in data["pictures"]],
            [LeaderboardEntry(**e) for e in data["leaderboard"]],
            list(data["notes"]),
        )

    def put_into(self, run: Run, question: str, tests: Sequence[str]) -> bool:
        """Add what stands of one question to a run; False where not all of its tests are known."""
        known = {t.id: t for t in self.tests if t.question == question}
        if not set(tests) <= set(known):
            return False
        run.results += [known[test] for test in tests]
        return True

    def has(self, question: str) -> bool:
        """Whether anything of a question stands."""
        return any(t.question == question for t in self.tests)

    def blocked(self, question: str) -> bool:
        """Whether a question's tests were not run, since it builds on something of which nothing worked."""
        return any(t.status == NOT_RUN for t in self.tests if t.question == question)
