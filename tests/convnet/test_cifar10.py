"""Question 7.2, public: the format of the competition's file."""

import pytest

from tests.convnet.predictions import predictions

pytestmark = pytest.mark.question("7.2")


@pytest.mark.points(1)
def test_predictions_have_the_format(submission):
    """predictions.csv has a row for each of the 10,000 test images: its id and an integer class."""
    predictions(submission)
