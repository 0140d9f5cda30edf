"""The written answers of questions 1.3(b), 1.3(c) and 1.3(e), from answers.toml."""

import pytest

from harness.answers import judge_written, written


@pytest.mark.parametrize("key", written(__file__))
def test_written_answer(submission, run, key):
    """Written answer."""
    judge_written(submission, run, key)
