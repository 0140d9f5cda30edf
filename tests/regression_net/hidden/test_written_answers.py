"""The written answers of question 7.2, from answers.toml."""

import pytest

from harness.answers import judge_written, written


@pytest.mark.parametrize("key", written(__file__))
def test_written_answer(submission, run, key):
    """Written answer."""
    judge_written(submission, run, key)
