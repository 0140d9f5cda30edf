"""A classifier of handwritten digits out of the building blocks in `hw3_lib.py`, and its training.

Write the parts that raise NotImplementedError. `python hw3_sol.py` trains a network on the digits and prints how well
it does.
"""

from pathlib import Path

import numpy as np
from hw3_lib import CrossEntropyLoss, GradientDescentOptimizer, Linear, ReLU, Sigmoid  # noqa: F401

DATA = Path(__file__).resolve().parent / "training_data_student"


def init_linear_params(in_size, out_size):
    """Initial parameters of a Linear layer, uniform between -1/sqrt(out_size) and 1/sqrt(out_size). Given.

    Args:
        in_size, out_size: How many inputs and outputs the layer has, int.

    Returns:
        weights (in_size, out_size) and biases (1, out_size), float, drawn in this order with NumPy's global generator.
    """
    bound = 1 / np.sqrt(out_size)
    weights = np.random.uniform(-bound, bound, (in_size, out_size))
    biases = np.random.uniform(-bound, bound, (1, out_size))
    return weights, biases


init_params = init_linear_params  # the name that the handout's text uses


class MultiLayerPerceptron:
    """Layers in a row. Given.

    Args:
        layers: Modules, the one next to the input first.
    """

    def __init__(self, layers):
        self.layers = layers

    def forward(self, x):
        """The scores of a batch.

        Args:
            x: Inputs, float, shape (N, in).

        Returns:
            Scores, float, shape (N, C).
        """
        for layer in self.layers:
            x = layer.forward(x)
        return x

    def backward(self, criterion):
        """Set the gradients of every layer, for the last forward pass of the network and of its loss.

        Args:
            criterion: The loss, after its own forward pass.
        """
        g = criterion.backward()
        for layer in reversed(self.layers):
            g = layer.backward(g)


def define_network(size_hidden, size_input=784, size_output=10, seed=10701):
    """A network with one hidden layer: Linear, then Sigmoid or ReLU (as you like), then Linear.

    Args:
        size_hidden, size_input, size_output: Units in the hidden layer, inputs and classes, int.
        seed: What np.random.seed gets, before anything is drawn.

    Returns:
        A MultiLayerPerceptron. The parameters come from `init_linear_params`, those of the first layer first.

    Source: handout, section 5.3.3.
    """
    np.random.seed(seed)
    # BEGIN SOLUTION 5.4-train
    first = Linear(init_linear_params(size_input, size_hidden))
    second = Linear(init_linear_params(size_hidden, size_output))
    return MultiLayerPerceptron([first, Sigmoid(), second])
    # END SOLUTION


def train_network(model, dataset, num_epoch, learning_rate, batch_size, seed=10701):
    """Train with batch gradient descent, and measure the model after each epoch.

    Batches are consecutive rows, in the order of the data: nothing is shuffled. The last batch may be short.

    Args:
        model: A MultiLayerPerceptron; it is changed.
        dataset: A dict with train_x (N, d), train_y (N,), test_x (M, d), test_y (M,); labels are int in [0, C).
        num_epoch: How many epochs, int.
        learning_rate: The step size, float.
        batch_size: Rows in a batch, int.
        seed: What np.random.seed gets at the beginning.

    Returns:
        A dict of plain lists, which json.dumps accepts:
        train_loss, test_loss: After each epoch, with the parameters that it ended with: the average of the losses of
            all batches, taken over the same slices as in training.
        train_accuracy, test_accuracy: After each epoch, the share of rows whose largest score is that of their label.
        yhat_train, yhat_test: The predicted class of each row after the last epoch, N and M ints.

    Source: handout, section 5.3.4 and appendix A.1.
    """
    np.random.seed(seed)
    train_x, train_y = dataset["train_x"], dataset["train_y"]
    test_x, test_y = dataset["test_x"], dataset["test_y"]
    criterion = CrossEntropyLoss()
    optimizer = GradientDescentOptimizer(model, learning_rate)
    train_loss, test_loss, train_accuracy, test_accuracy = [], [], [], []
    yhat_train, yhat_test = [], []

    for _ in range(num_epoch):
        for start in range(0, len(train_x), batch_size):
            batch = slice(start, start + batch_size)
            criterion.forward(model.forward(train_x[batch]), train_y[batch])
            model.backward(criterion)
            optimizer.step()

        # 1. Append the average loss over the batches of the training data, and over those of the test data.
        # BEGIN SOLUTION 5.4-train
        for losses, x, y in ((train_loss, train_x, train_y), (test_loss, test_x, test_y)):
            slices = [slice(i, i + batch_size) for i in range(0, len(x), batch_size)]
            losses.append(float(np.mean([CrossEntropyLoss()(model.forward(x[s]), y[s]) for s in slices])))
        # END SOLUTION

        # 2. Predict the class of each training row and of each test row.
        # BEGIN SOLUTION 5.4-train
        yhat_train = model.forward(train_x).argmax(axis=1).tolist()
        yhat_test = model.forward(test_x).argmax(axis=1).tolist()
        # END SOLUTION

        # 3. Append the accuracy on the training data.
        # BEGIN SOLUTION 5.4-train
        train_accuracy.append(float(np.mean(yhat_train == train_y)))
        # END SOLUTION

        # 4. Append the accuracy on the test data.
        # BEGIN SOLUTION 5.4-train
        test_accuracy.append(float(np.mean(yhat_test == test_y)))
        # END SOLUTION

    return {
        "train_loss": train_loss,
        "test_loss": test_loss,
        "train_accuracy": train_accuracy,
        "test_accuracy": test_accuracy,
        "yhat_train": yhat_train,
        "yhat_test": yhat_test,
    }


def load_data():
    """The digits in `training_data_student/`. Given.

    It reads train.csv and test.csv where they are, else the packed train.csv.gz and test.csv.gz.

    Returns:
        train_x (3000, 784) and test_x (1000, 784), float64 in [0, 1]; train_y (3000,) and test_y (1000,), int64, in the
        order train_x, train_y, test_x, test_y.
    """
    train, test = (_table(DATA / f"{part}.csv") for part in ("train", "test"))
    assert train.shape == (3000, 785), f"train.csv must have 3000 rows of 785 numbers, got {train.shape}"
    assert test.shape == (1000, 785), f"test.csv must have 1000 rows of 785 numbers, got {test.shape}"
    return train[:, :-1], train[:, -1].astype(np.int64), test[:, :-1], test[:, -1].astype(np.int64)


def _table(path):
    """The numbers of a .csv file, or of the .csv.gz file beside it, which NumPy unpacks while it reads."""
    return np.loadtxt(str(path if path.exists() else path.with_name(path.name + ".gz")), delimiter=",")


if __name__ == "__main__":
    data = dict(zip(("train_x", "train_y", "test_x", "test_y"), load_data()))
    network = define_network(256)
    record = train_network(network, data, num_epoch=10, learning_rate=0.01, batch_size=50)
    for epoch in range(10):
        print(
            "epoch {:2d}: training loss {:.4f}, accuracy {:.4f}; test loss {:.4f}, accuracy {:.4f}".format(
                epoch + 1,
                record["train_loss"][epoch],
                record["train_accuracy"][epoch],
                record["test_loss"][epoch],
                record["test_accuracy"][epoch],
            )
        )
