"""Sample submissions of cifar_mlp get the points that they should: one mistake is charged once."""

import pytest

from tests.harness.sample_class import SampleClass, by_name

CLASS = SampleClass("cifar_mlp")
WRITTEN = {
    "nndl/neural_net.py",
    "nndl/layers.py",
    "nndl/fc_net.py",
    "derivations.py",
    "answers.toml",
}  # the files that students hand in; given ones are left out


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
        assert {path.as_posix() for path in CLASS.copied(name)} == WRITTEN


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
    """What was left out or cannot be judged yet is called by its name."""
    CLASS.assert_ends_as_declared(results[name], name)


def test_the_reference_gets_every_point_and_stubs_get_none(results):
    """The reference passes every test; a stub's tests are not written or not run."""
    CLASS.assert_reference_and_stubs(results, 79)


@pytest.mark.parametrize("name", CLASS.with_key("again"))
def test_a_mistake_is_not_charged_again(results, name):
    """A test that sees a mistake again fails, loses nothing, and names a test that has charged it."""
    tests = results[name]["tests"]
    lossy = {t["id"] for t in tests if t["points"] < t["max_points"] or t["charged_to"]}
    for test in CLASS.samples[name]["again"]:
        ours = by_name(results[name])[test]
        assert ours["status"] != "passed"
        assert ours["points"] == ours["max_points"]
        assert ours["charged_to"] in lossy


def test_a_broken_neural_net_costs_problem_4_alone(results):
    """The package's own __init__ imports every module; here each is judged on its own."""
    result = results["neural_net_does_not_parse"]
    assert {t["question"] for t in result["tests"] if t["status"] == "failed"} == {"4"}
    assert result["message"].startswith("nndl/neural_net.py cannot be imported")


@pytest.mark.parametrize("name", CLASS.with_key("notes"))
def test_what_is_accepted_is_noted(results, name):
    """Unusual shapes, changed arguments and an overflowing softmax cost nothing, but are told."""
    notes = " ".join(results[name]["notes"])
    assert not [words for words in CLASS.samples[name]["notes"] if words not in notes]


def test_training_is_drawn(results):
    """Curves of each run, the weights of the hidden units, and the accuracies with the data that were used."""
    result = results["reference"]
    files = {picture["file"] for picture in result["pictures"]}
    assert {
        "first_run_weights.png",
        "best_network_weights.png",
        "best_network_loss.png",
        "overfit_loss.png",
    } <= files
    assert {"solver_loss.png", "solver_accuracy.png"} <= files
    assert "6,000 training images of CIFAR-10" in " ".join(result["notes"])
    assert {entry["name"] for entry in result["leaderboard"]} == {
        "accuracy on CIFAR-10, 50 hidden units",
        "accuracy on CIFAR-10, Solver",
    }


@pytest.mark.parametrize("name", ["reference", "stubs", "mean_taken_twice", "right_networks_by_hand"])
def test_without_a_sandbox_the_same_tests_pass(results, name, tmp_path):
    """Run in the tests' own process, a submission passes and fails the same tests as in the sandbox."""
    # The training runs on CIFAR-10, which take longer than all others together, are left out.
    cases = CLASS.passes_in_process(name, tmp_path / "report.xml", "-k", "not cifar10")
    tests = {
        test: t["status"] == "passed"
        for test, t in by_name(results[name]).items()
        if "cifar10.py" not in t["id"]
    }
    assert cases == tests
