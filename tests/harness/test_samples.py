"""Sample submissions get the points that they should: one mistake is charged once, and what is open counts as right."""

import json

import pytest

from tests.harness.sample_class import SampleClass, by_name

CLASS = SampleClass("binary_mlp")


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


@pytest.mark.parametrize("name", CLASS.with_key("status"))
def test_a_sample_ends_in_the_declared_way(results, name):
    """A loop without end, an early exit and unmet prerequisites are called by their names."""
    CLASS.assert_ends_as_declared(results[name], name)


def test_the_reference_gets_every_point_and_stubs_get_none(results):
    """The reference passes every test; a stub's tests are not written or not run."""
    CLASS.assert_reference_and_stubs(results, 56)


def test_a_submission_reads_nothing_outside_its_folder(results):
    """What the sample would say of a file that it could read is nowhere in its results."""
    result = results["reads_the_file_system"]
    assert "leaked" not in json.dumps(result)
    assert by_name(result)["test_bias_vectors_have_the_right_shapes"]["status"] == "passed"
    got = by_name(result)["test_checker_leaves_the_parameters_alone"]["got"]
    assert got.startswith(("PermissionError", "FileNotFoundError"))


def test_a_missing_function_is_not_written(results):
    """A test of a function that is not there says so, and no other mistake excuses it."""
    tests = by_name(results["wrong_sigmoid_twice"])
    for name in (
        "test_training_separates_two_clouds",
        "test_loop_learns_with_right_pieces",
        "test_loss_falls",
    ):
        assert tests[name]["status"] == "not written"
        assert "train is not there" in tests[name]["got"]


def test_no_time_is_spent_on_training_with_a_piece_that_hangs(results):
    """Once ReLU has not ended, no test that trains with it begins."""
    tests = by_name(results["hangs"])
    for name in ("test_training_separates_two_clouds", "test_accuracy_on_unseen_digits", "test_loss_falls"):
        assert tests[name]["cpu_s"] == 0
        assert "did not end either" in tests[name]["got"]


@pytest.mark.parametrize(
    "name", ["reference", "stubs", "missing_bias_sum", "wrong_checker_precedence", "right_per_sample_stacks"]
)
def test_without_a_sandbox_the_same_tests_pass(results, name, tmp_path):
    """Run in the tests' own process, a submission passes and fails the same tests as in the sandbox."""
    cases = CLASS.passes_in_process(name, tmp_path / "report.xml")
    assert cases == {test: t["status"] == "passed" for test, t in by_name(results[name]).items()}
