"""Reading CIFAR-10 as its authors packed it, and other data of the course."""

import pickle
from pathlib import Path

import numpy as np

CIFAR10_FOLDER = "cifar-10-batches-py"


def load_pickle(f):
    """What a file that is open for reading bytes holds; strings of Python 2 are read as Latin-1."""
    return pickle.load(f, encoding="latin1")  # noqa: S301


def load_CIFAR_batch(filename):
    """One batch of CIFAR-10.

    Args:
        filename: Path of a pickled dict with data, uint8, (N, 3072), red, green and blue one after the other, and
            labels, a list of N ints.

    Returns:
        X, float64, (N, 32, 32, 3), values 0 to 255, and Y, int, (N,).
    """
    images, labels = _read_batch(filename)
    return images.astype("float"), labels


def load_CIFAR10(ROOT):
    """All of CIFAR-10.

    Args:
        ROOT: The folder of data_batch_1 to data_batch_5 and test_batch.

    Returns:
        Xtr, float64, (50000, 32, 32, 3); Ytr, int, (50000,); Xte, float64, (10000, 32, 32, 3); Yte, int, (10000,).
    """
    Xtr, Ytr, Xte, Yte = load_bytes(ROOT)
    return Xtr.astype("float"), Ytr, Xte.astype("float"), Yte


def load_bytes(ROOT):
    """What `load_CIFAR10` returns, with the images as uint8: an eighth of the memory."""
    batches = [_read_batch(Path(ROOT) / f"data_batch_{i}") for i in range(1, 6)]
    Xtr = np.concatenate([images for images, _ in batches])
    Ytr = np.concatenate([labels for _, labels in batches])
    return Xtr, Ytr, *_read_batch(Path(ROOT) / "test_batch")


def find_folder():
    """The folder `cifar-10-batches-py`: here, beside `utils`, above them, or in a folder `data` there.

    Raises:
        FileNotFoundError: If there is none.
    """
    here, package = Path.cwd().resolve(), Path(__file__).resolve().parents[1]
    for folder in (here, package, *here.parents, *package.parents):
        for found in (folder / CIFAR10_FOLDER, folder / "data" / CIFAR10_FOLDER):
            if (found / "test_batch").is_file():
                return found
    raise FileNotFoundError(f"there is no folder {CIFAR10_FOLDER}: `python get_data.py` fetches it")


def get_CIFAR10_data(num_training=49000, num_validation=1000, num_test=1000, subtract_mean=True):
    """CIFAR-10 in three parts, from the folder `cifar-10-batches-py` that `find_folder` finds.

    Args:
        num_training: How many of the training images to keep, from the first on, int.
        num_validation: How many of those after them are for validation, int.
        num_test: How many of the test images to keep, int.
        subtract_mean: Whether the mean training image is subtracted from every image.

    Returns:
        dict: X_train, float64, (num_training, 3, 32, 32), y_train, int, (num_training,), and the same for val and
        test.

    Raises:
        FileNotFoundError: If the folder is not there.
    """
    return in_three_parts(*first_images(num_training, num_validation, num_test), subtract_mean)


def first_images(num_training=49000, num_validation=1000, num_test=1000):
    """CIFAR-10's first training images, those after them, and its first test images.

    Returns:
        Three pairs: images, uint8, (N, 32, 32, 3), and labels, int, (N,).

    Raises:
        FileNotFoundError: As `find_folder`.
    """
    X, y, X_test, y_test = load_bytes(find_folder())
    validation = slice(num_training, num_training + num_validation)
    return (
        (X[:num_training], y[:num_training]),
        (X[validation], y[validation]),
        (X_test[:num_test], y_test[:num_test]),
    )


def in_three_parts(train, val, test, subtract_mean=True):
    """What `get_CIFAR10_data` returns, of three pairs of images (N, 32, 32, 3) and labels (N,)."""
    mean_image = np.mean(train[0], axis=0).transpose(2, 0, 1)
    data = {}
    for part, (images, labels) in (("train", train), ("val", val), ("test", test)):
        X = np.array(images.transpose(0, 3, 1, 2), dtype="float", order="C")
        if subtract_mean:
            X -= mean_image
        data[f"X_{part}"], data[f"y_{part}"] = X, labels
    return data


def load_tiny_imagenet(path, dtype=np.float32, subtract_mean=True):
    """TinyImageNet, of which this homework makes no use.

    Args:
        path: The folder that was unpacked, with wnids.txt, words.txt, train, val and test.
        dtype: Of the images.
        subtract_mean: Whether the mean training image is subtracted from every image.

    Returns:
        dict: class_names (list of lists of words); X_train, X_val, X_test (N, 3, 64, 64); y_train, y_val, int,
        (N,); y_test, the same, or None if it is not known; mean_image (3, 64, 64).
    """
    path = Path(path)
    wnids = (path / "wnids.txt").read_text().split()
    number = {wnid: i for i, wnid in enumerate(wnids)}
    words = dict(line.split("\t", 1) for line in (path / "words.txt").read_text().splitlines())

    files, labels = [], []
    for wnid in wnids:
        boxes = (path / "train" / wnid / f"{wnid}_boxes.txt").read_text().splitlines()
        files += [path / "train" / wnid / "images" / line.split("\t")[0] for line in boxes]
        labels += [number[wnid]] * len(boxes)
    X_train, y_train = _pictures(files, dtype), np.array(labels, dtype=int)

    notes = [line.split("\t")[:2] for line in (path / "val" / "val_annotations.txt").read_text().splitlines()]
    X_val = _pictures([path / "val" / "images" / name for name, _ in notes], dtype)
    y_val = np.array([number[wnid] for _, wnid in notes], dtype=int)

    names = sorted(p.name for p in (path / "test" / "images").iterdir())
    X_test = _pictures([path / "test" / "images" / name for name in names], dtype)
    told, y_test = path / "test" / "test_annotations.txt", None
    if told.is_file():
        wnid_of = dict(line.split("\t")[:2] for line in told.read_text().splitlines())
        y_test = np.array([number[wnid_of[name]] for name in names], dtype=int)

    mean_image = X_train.mean(axis=0)
    if subtract_mean:
        for X in (X_train, X_val, X_test):
            X -= mean_image
    return {
        "class_names": [[word.strip() for word in words[wnid].split(",")] for wnid in wnids],
        "X_train": X_train,
        "y_train": y_train,
        "X_val": X_val,
        "y_val": y_val,
        "X_test": X_test,
        "y_test": y_test,
        "mean_image": mean_image,
    }


def load_models(models_dir):
    """Models that were pickled as {"model": model}: a dict by file name; other files are passed over."""
    models = {}
    for path in sorted(Path(models_dir).iterdir()):
        if path.is_file():
            with path.open("rb") as file:
                try:
                    models[path.name] = load_pickle(file)["model"]
                except pickle.UnpicklingError:
                    continue
    return models


def _read_batch(filename):
    """Images, uint8, (N, 32, 32, 3), and labels, int, (N,)."""
    with open(filename, "rb") as file:
        batch = load_pickle(file)
    images = np.asarray(batch["data"]).reshape(-1, 3, 32, 32)
    return images.transpose(0, 2, 3, 1), np.array(batch["labels"])


def _pictures(files, dtype):
    """Images of 64 by 64 pixels: (N, 3, 64, 64). A grey one has the same values in each channel."""
    import matplotlib.image  # only where pictures are read

    X = np.zeros((len(files), 3, 64, 64), dtype=dtype)
    for i, file in enumerate(files):
        picture = matplotlib.image.imread(file)
        X[i] = picture if picture.ndim == 2 else picture[..., :3].transpose(2, 0, 1)
    return X
