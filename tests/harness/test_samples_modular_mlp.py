"""Sample submissions of modular_mlp get the points that they should: one mistake is charged once."""

import pytest

from tests.harness.sample_class import SampleClass, by_name

CLASS = SampleClass("modular_mlp")


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
        assert {path.name for path in CLASS.copied(name)} == {
            "answers.toml",
            "hw3_lib.py",
            "hw3_sol.py",
            "written.py",
        }


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


@pytest.mark.parametrize("name", CLASS.with_key("notes"))
def test_a_report_says_what_counted_as_right(results, name):
    """Another shape, another reading and a misspelt key are told in the notes."""
    notes = " ".join(results[name]["notes"])
    assert not [words for words in CLASS.samples[name]["notes"] if words not in notes]


def test_the_reference_gets_every_point_and_stubs_get_none(results):
    """The reference passes every test; a stub's tests are not written or not run."""
    CLASS.assert_reference_and_stubs(results, 88)


def test_who_trains_gets_curves_and_misclassified_digits(results):
    """Three pictures stand beside the report of each sample whose training runs, however wrong."""
    files = {
        name: [p["file"] for p in results[name]["pictures"]] for name in ("reference", "shuffles", "stubs")
    }
    assert files["reference"] == ["digits_loss.png", "digits_accuracy.png", "digits_mistakes.png"]
    assert files["shuffles"] == files["reference"]
    assert files["stubs"] == []


@pytest.mark.parametrize(
    "name", ["reference", "stubs", "averaged_twice", "other_readings", "wrong_before_the_last_update"]
)
def test_without_a_sandbox_the_same_tests_pass(results, name, tmp_path):
    """Run in the tests' own process, a submission passes and fails the same tests as in the sandbox."""
    cases = CLASS.passes_in_process(name, tmp_path / "report.xml")
    assert cases == {test: t["status"] == "passed" for test, t in by_name(results[name]).items()}
