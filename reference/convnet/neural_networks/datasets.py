"""Data loading: arrays, the mini-batches made of them, and the three sets of a dataset. Given.

Source: handout, question 5.
"""

import numpy as np


def initialize_dataset(name, batch_size=50):
    """A dataset from `datasets/<name>/`, looked for in the working directory.

    Its files are `<name>_train_data.npy`, `<name>_train_labels.npy`, and the same with `val` and `test`.

    Args:
        name: "iris", "higgs" or "sinewave". The test labels of "higgs" are withheld: zeros stand for them.
        batch_size: Examples in a mini-batch, int.

    Returns:
        The `Dataset`.

    Raises:
        NotImplementedError: For any other name.
        FileNotFoundError: If a file is missing, as it is outside the package's folder.
    """
    if name not in ("iris", "higgs", "sinewave"):
        raise NotImplementedError(f"dataset must be iris, higgs or sinewave, got {name!r}")

    def load(part):
        return np.load(f"datasets/{name}/{name}_{part}.npy")

    test_set = load("test_data")
    return Dataset(
        training_set=load("train_data"),
        training_labels=load("train_labels"),
        batch_size=batch_size,
        validation_set=load("val_data"),
        validation_labels=load("val_labels"),
        test_set=test_set,
        test_labels=np.zeros((len(test_set), 2)) if name == "higgs" else load("test_labels"),
    )


class Data:
    """Examples that are handed out in mini-batches, in a new random order in every epoch.

    Args:
        data: Inputs, shape (n, ...).
        batch_size: Examples in a mini-batch, int. The last one of an epoch may be shorter.
        labels: Targets, shape (n, ...), or None.
        out_dim: Outputs that a model of these data needs, int, or None.

    Attributes:
        data_, labels: The arrays in their present order. The arrays that were passed in keep theirs.
        iteration: Mini-batches of this epoch that were handed out, int.
        n_samples: Examples, int.
        samples_per_epoch: Mini-batches in an epoch, int.
    """

    def __init__(self, data, batch_size=50, labels=None, out_dim=None):
        self.data_ = data
        self.labels = labels
        self.out_dim = out_dim
        self.iteration = 0
        self.batch_size = batch_size
        self.n_samples = data.shape[0]
        self.samples_per_epoch = int(np.ceil(self.n_samples / batch_size))

    def shuffle(self):
        """Permute the examples, inputs and labels alike."""
        order = np.random.permutation(self.n_samples)
        self.data_ = self.data_[order]
        if self.labels is not None:
            self.labels = self.labels[order]

    def sample(self):
        """The next mini-batch; the first of an epoch shuffles the examples.

        Returns:
            X, Y: Inputs and labels of the mini-batch; only X if there are no labels.
        """
        if self.iteration == 0:
            self.shuffle()
        begin = self.iteration * self.batch_size
        batch = slice(begin, begin + self.batch_size)
        self.iteration += 1
        if self.iteration >= self.samples_per_epoch:
            self.iteration = 0
        if self.labels is None:
            return self.data_[batch]
        return self.data_[batch], self.labels[batch]

    def reset(self):
        """Begin a new epoch with the next mini-batch."""
        self.iteration = 0


class Dataset:
    """The training, validation and test sets of one task.

    Args:
        training_set: Inputs, shape (n, ...).
        training_labels: Targets, shape (n, k).
        batch_size: Examples in a mini-batch, int.
        validation_set, validation_labels, test_set, test_labels: The same for the other two sets. A set
            that is None has no examples and no mini-batches.

    Attributes:
        n_training, n_validation: Examples, int.
        out_dim: Columns of the labels, int.
        train, validate, test: Each a `Data`.
    """

    def __init__(
        self,
        training_set,
        training_labels,
        batch_size,
        validation_set=None,
        validation_labels=None,
        test_set=None,
        test_labels=None,
    ):
        if validation_set is None:
            validation_set, validation_labels = training_set[:0], training_labels[:0]
        if test_set is None:
            test_set, test_labels = training_set[:0], training_labels[:0]
        self.batch_size = batch_size
        self.n_training = training_set.shape[0]
        self.n_validation = validation_set.shape[0]
        self.out_dim = training_labels.shape[1]
        self.train = Data(training_set, batch_size, training_labels, self.out_dim)
        self.validate = Data(validation_set, batch_size, validation_labels, self.out_dim)
        self.test = Data(test_set, batch_size, test_labels, self.out_dim)
