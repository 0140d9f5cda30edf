"""What the public tests compare with, made from the reference; it refuses a reference that disagrees with the handout.

The handout's own record of 40 epochs needs the course's train.csv, which is not to be had, and is not made again here.
The five trainings of section 5.6 take minutes and are not made here: hidden/measure.py makes them once. Here their first
epoch is trained again and compared.
"""

import io
import json
import sys
import zipfile
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parents[2]
if str(ROOT) not in sys.path:
    sys.path.insert(0, str(ROOT))

from tests.modular_mlp import judging  # noqa: E402

REFERENCE_MODULE = "hw3_sol"
HIDDEN = Path(__file__).resolve().parent / "hidden"


def build(hw3_sol):
    """local_tests.npz: outputs and gradients of the handout's local tests, and a small training."""
    import experiments
    import hw3_lib

    values = {**pieces(hw3_lib, hw3_sol), **training(hw3_lib, hw3_sol)}
    check(values)
    check_first_epochs(experiments, hw3_sol)
    return {"local_tests.npz": npz_bytes(values)}


def npz_bytes(arrays):
    """`arrays`, a dict, as the bytes of an .npz file, compressed; the date is always the same."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for name, array in arrays.items():
            content = io.BytesIO()
            np.lib.format.write_array(content, np.ascontiguousarray(array), allow_pickle=False)
            archive.writestr(zipfile.ZipInfo(f"{name}.npy"), content.getvalue(), zipfile.ZIP_DEFLATED)
    return packed.getvalue()


def pieces(hw3_lib, hw3_sol):
    """The local tests of the layers, the loss and the optimiser."""
    values = {}
    x, g, *parameters = judging.linear_inputs()
    layer = hw3_lib.Linear(parameters)
    values["linear_forward"], values["linear_backward"] = layer.forward(x), layer.backward(g)
    values["linear_d_weights"], values["linear_d_biases"] = layer.d_weights, layer.d_biases
    hw3_lib.GradientDescentOptimizer(hw3_sol.MultiLayerPerceptron([layer]), 11).step()
    values["step_weights"], values["step_biases"] = layer.weights, layer.biases
    for name, planted in (("ReLU", True), ("Sigmoid", False)):
        x, g = judging.activation_inputs(planted)
        layer = getattr(hw3_lib, name)()
        values[f"{name.lower()}_forward"], values[f"{name.lower()}_backward"] = (
            layer.forward(x),
            layer.backward(g),
        )
    criterion = hw3_lib.CrossEntropyLoss()
    values["loss_forward"] = np.array(criterion.forward(*judging.loss_inputs()))
    values["loss_backward"] = criterion.backward()
    return values


def training(hw3_lib, hw3_sol):
    """The small training: the six series, the losses' other reading, and what some known mistakes record."""
    data, settings = judging.small_dataset(), judging.SETTINGS
    model = small_model(hw3_lib, hw3_sol)
    result = hw3_sol.train_network(model, data, **settings)
    values = {name: np.array(series) for name, series in result.items()}

    model, size = small_model(hw3_lib, hw3_sol), settings["batch_size"]
    criterion = hw3_lib.CrossEntropyLoss()
    optimizer = hw3_lib.GradientDescentOptimizer(model, settings["learning_rate"])
    slices = {
        part: [slice(i, i + size) for i in range(0, len(data[f"{part}_y"]), size)]
        for part in ("train", "test")
    }

    def loss(part, rows=slice(None)):
        return criterion.forward(model.forward(data[f"{part}_x"][rows]), data[f"{part}_y"][rows])

    more = {}

    def keep(name, value):
        more.setdefault(name, []).append(value)

    for _ in range(settings["num_epoch"]):
        seen = []
        for rows in slices["train"]:
            if rows == slices["train"][-1]:
                for part in ("train", "test"):
                    keep(f"{part}_loss_early", np.mean([loss(part, s) for s in slices[part]]))
                    predicted = model.forward(data[f"{part}_x"]).argmax(axis=1)
                    keep(f"{part}_accuracy_early", np.mean(predicted == data[f"{part}_y"]))
                    more[f"yhat_{part}_early"] = predicted
            seen.append(loss("train", rows))
            model.backward(criterion)
            optimizer.step()
        keep("train_loss_on_the_fly", np.mean(seen))
        for part in ("train", "test"):
            keep(f"{part}_loss_of_rows", loss(part))
    return {**values, **{name: np.array(value) for name, value in more.items()}}


def small_model(hw3_lib, hw3_sol):
    first, second = (hw3_lib.Linear(parameters) for parameters in judging.small_parameters())
    return hw3_sol.MultiLayerPerceptron([first, hw3_lib.Sigmoid(), second])


def check(values):
    """The handout's numbers, and the specification's by hand."""

    def near(name, at, want, atol=1e-8):
        np.testing.assert_allclose(values[name].ravel()[at], want, atol=atol, rtol=0, err_msg=name)

    def total(name, want):
        np.testing.assert_allclose(values[name].sum(), want, atol=1e-10, err_msg=f"sum of {name}")

    near("linear_forward", slice(3), [0.04703762, -2.21025347, -2.91086301])
    total("linear_forward", 20.517404394012)
    near("linear_backward", slice(3), [-0.72412075, 0.80985364, -0.76378127])
    total("linear_backward", -7.667799811792)
    near("step_biases", slice(5), [-1.81559588, -1.17459933, 2.6603174, -3.69091124, 2.45243048])
    near("step_weights", slice(5), [-3.48630407, -10.83152124, 9.37996467, 16.82360152, 0.08397043])
    total("step_weights", -79.606659466606)
    total("relu_forward", 283.466199479933)
    total("relu_backward", -2.211609423426)
    near("relu_backward", 0, 0, 0)
    total("sigmoid_forward", 104.561675876259)
    total("sigmoid_backward", -0.641311794622)
    np.testing.assert_allclose(values["loss_forward"], 3.8543991622721134, atol=1e-12)
    near("loss_backward", slice(4), [0.0027972567, 0.00137764399, 0.0462025325, 0.171630937])
    for name, first, last in (
        ("train_loss", 1.0594458270, 0.7336858158),
        ("train_loss_of_rows", 1.0996368381, 0.7671470447),
        ("test_loss", 0.9363125610, 0.6259178036),
        ("test_loss_of_rows", 1.0893025379, 0.7384169558),
    ):
        near(name, [0, -1], [first, last], 1e-9)
    near("train_accuracy", slice(5), [1 / 3, 1 / 3, 8 / 15, 19 / 30, 2 / 3])
    near("test_accuracy", slice(5), [1 / 3, 1 / 3, 7 / 12, 2 / 3, 2 / 3])


def check_first_epochs(experiments, hw3_sol):
    """The record of section 5.6 begins as the reference does."""
    record = json.loads((HIDDEN / "accuracies.json").read_text(encoding="utf-8"))["trainings"]
    dataset = dict(zip(("train_x", "train_y", "test_x", "test_y"), hw3_sol.load_data()))
    for letter in experiments.TRAININGS:
        result = experiments.train(letter, dataset, epochs=1)
        for name in ("train_loss", "test_loss", "train_accuracy", "test_accuracy"):
            np.testing.assert_allclose(
                result[name][0],
                record[letter][name][0],
                rtol=1e-7,
                err_msg=f"({letter}) {name}: run hidden/measure.py",
            )
