"""Sample submissions of regression_net get the points that they should: one mistake is charged once."""

import pytest

from tests.harness.sample_class import SampleClass, by_name

CLASS = SampleClass("regression_net")
POINTS, BONUS = 67, 13  # that a machine gives


@pytest.fixture(scope="module")
def results(tmp_path_factory):
    """Every sample's results.json, from one run of the command line."""
    return CLASS.grade(tmp_path_factory.mktemp("samples"))


def test_every_sample_is_declared_and_every_declared_one_is_there():
    """expected_points.toml names the folders beside it, no more and no fewer."""
    CLASS.assert_all_are_declared()


def test_the_samples_of_reference_and_stubs_have_not_drifted():
    """They are copies of reference/ (without the marker lines) and of student/: copy them again where this fails."""
    CLASS.assert_copies_have_not_drifted()
    for name in ("reference", "stubs"):
        assert {str(path) for path in CLASS.copied(name)} == {"my_hw5.py", "answers.toml"}


def test_every_sample_is_graded(results):
    """No sample is refused, forgotten, or ended by a fault of the grader."""
    CLASS.assert_all_are_graded(results)


@pytest.mark.parametrize("name", CLASS.samples)
def test_a_sample_loses_the_declared_points(results, name):
    """Each question loses exactly what its mistake is worth."""
    CLASS.assert_loses_what_is_declared(results[name], name)


@pytest.mark.parametrize("name", CLASS.with_key("says"))
def test_a_hint_names_the_cause(results, name):
    """The failing test's hint says what the mistake is."""
    CLASS.assert_hints_name_the_cause(results[name], name)


def test_the_reference_gets_every_point_and_stubs_get_none(results):
    """The reference passes every test, the extra credit's too; a stub's tests are not written or not run."""
    assert {t["status"] for t in results["reference"]["tests"]} == {"passed"}
    assert results["reference"]["score"] == POINTS + BONUS
    assert results["reference"]["max_score"] == POINTS
    assert {t["status"] for t in results["stubs"]["tests"]} <= {"not written", "not run"}
    assert results["stubs"]["score"] == 0


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("right_sum_and_flat_predictions", "returns the sum of the squared errors"),
        ("right_sum_gradient_and_late_losses", "recorded after each update"),
        ("right_best_model_with_a_constant", "sigmoid, with a constant term"),
        ("labels_broadcast", "labels of shape (n, 1)"),
    ],
)
def test_another_reading_is_noted(results, name, words):
    """What was read otherwise than by the reference stands in the report."""
    assert words in " ".join(results[name]["notes"])


def test_every_trained_model_has_its_curve_and_its_place(results):
    """The best model's training losses are drawn, and its test loss ranks it."""
    for name, result in results.items():
        if by_name(result)["test_best_model_on_unseen_rows"]["status"] == "passed":
            assert [p["file"] for p in result["pictures"]] == ["best_model.png"], name
            (entry,) = result["leaderboard"]
            assert 144 < entry["value"] < 700  # no model beats the noise


@pytest.mark.parametrize(
    "name", ["reference", "stubs", "sigma_slope_forgotten", "right_extra_credit_in_files"]
)
def test_without_a_sandbox_the_same_tests_pass(results, name, tmp_path):
    """Run in the tests' own process, a submission passes and fails the same tests as in the sandbox."""
    tests = {test: t["status"] == "passed" for test, t in by_name(results[name]).items()}
    assert CLASS.passes_in_process(name, tmp_path / "report.xml") == tests
