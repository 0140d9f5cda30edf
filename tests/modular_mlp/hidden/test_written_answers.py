"""The written answers of sections 1 to 4 and 5.6, from answers.toml."""

from dataclasses import replace

import pytest

from harness.answers import judge, judge_written, written
from harness.errors import StudentError
from harness.expect import Mismatch

KEYS = written(__file__)
LOSS = next(p.values[0] for p in KEYS if (p.values[0].question, p.values[0].name) == ("3", "loss"))


def by_columns(submission):
    """Whether 3.1 was answered by the other reading of the matrix, in which its columns lead into the hidden units."""
    try:
        judge(submission.answers(), replace(LOSS, value=LOSS.also[0], also=()))
    except (StudentError, Mismatch, FileNotFoundError):
        return False
    return True


@pytest.mark.parametrize("key", KEYS)
def test_written_answer(submission, run, key):
    """Written answer."""
    if (key.question, key.name) == ("3", "activation") and by_columns(submission):
        key = replace(key, also=("Sigmoid",))
    judge_written(submission, run, key)
