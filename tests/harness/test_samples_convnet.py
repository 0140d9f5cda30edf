"""Sample submissions of convnet get the points that they should: one mistake is charged once."""

import pytest

from tests.harness.sample_class import SampleClass, by_name

CLASS = SampleClass("convnet")
SAME_AS_STUDENTS_GET = {
    ".py",
    ".toml",
    ".csv",
}  # of the package; its unittests, data and notebooks are left out


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
    for name, folder in (("reference", CLASS.reference), ("stubs", CLASS.student)):
        whole = {p.relative_to(folder) for p in folder.rglob("*") if p.suffix in SAME_AS_STUDENTS_GET}
        assert set(CLASS.copied(name)) == {p for p in whole if p.parts[0] not in ("tests", "datasets")}


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
    CLASS.assert_reference_and_stubs(results, 96)


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


def test_a_bias_gradient_of_another_shape_is_noted(results):
    """A gradient of shape (out,) instead of (1, out) costs nothing, but is told."""
    notes = " ".join(results["right_flat_bias_and_no_options"]["notes"])
    assert 'gradients["b"] has shape' in notes and "No points were taken off" in notes


def test_optional_work_that_is_left_out_is_not_written(results):
    """The `...` of the optional parts is called not written, and costs nothing."""
    tests = by_name(results["right_flat_bias_and_no_options"])
    assert {tests[name]["status"] for name in ("test_sigmoid", "test_l2")} == {"not written"}


@pytest.mark.parametrize("name", ["reference", "stubs", "wrong_conv_dx_padded", "right_float32"])
def test_without_a_sandbox_the_same_tests_pass(results, name, tmp_path):
    """Run in the tests' own process, a submission passes and fails the same tests as in the sandbox."""
    # Fashion-MNIST, which takes longer than all others together, is left out.
    cases = CLASS.passes_in_process(name, tmp_path / "report.xml", "-k", "not fashion")
    tests = {
        test: t["status"] == "passed" for test, t in by_name(results[name]).items() if "fashion" not in test
    }
    assert cases == tests
