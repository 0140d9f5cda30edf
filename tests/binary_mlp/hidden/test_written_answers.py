"""The written answers of questions 1.3(b), 1.3(c) and 1.3(e), from answers.toml."""

from pathlib import Path

import pytest

from harness.answers import judge, load_key
from harness.errors import StudentError

KEYS = load_key(Path(__file__).with_name("answers.toml"))


@pytest.mark.parametrize(
    "key",
    [
        pytest.param(
            key,
            id=f"{key.question}-{key.name}",
            marks=[
                pytest.mark.points(key.points),
                pytest.mark.question(key.question),
                pytest.mark.title(f"Written answer {key.title}."),
            ],
        )
        for key in KEYS
    ],
)
def test_written_answer(submission, key):
    """Written answer."""
    try:
        answers = submission.answers()
    except FileNotFoundError:
        answers = {}
    except StudentError as e:
        raise type(e)(f"answers.toml cannot be read: {e}") from None
    judge(answers, key)
