"""Likenesses are found through new names, another order and other comments; honest and given code is left alone."""

import os
import re
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from harness import assignment
from harness.similarity.boilerplate import boilerplate, of_assignment
from harness.similarity.candidates import candidates, common_hashes
from harness.similarity.classwide import find_similar
from harness.similarity.fingerprints import MAX_TOKENS, K, Source, fingerprint
from harness.similarity.likeness import likeness
from harness.similarity.reading import MAX_BYTES, MAX_FILE_BYTES, MAX_FILES, Entry, sources_of
from harness.similarity.tokens import logical_lines, normalised

STUBS = '''\
import numpy as np


def softmax(scores):
    """Shares that add up to 1."""
    raise NotImplementedError("1 is not written yet")


def train(X, y, rate=0.1):
    """Given: prepares the rows."""
    rows = np.ascontiguousarray(X).reshape(len(X), -1)
    labels = np.asarray(y).astype(np.int64).reshape(-1)
    raise NotImplementedError("2 is not written yet")
'''
SOFTMAX = '''\
def softmax(scores):
    """Shares that add up to 1."""
    # the largest goes first
    shifted = scores - scores.max(axis=1, keepdims=True)
    powers = np.exp(shifted)
    total = powers.sum(axis=1, keepdims=True)
    return powers / total
'''
TRAIN = """\
def train(X, y, rate=0.1):
    rows = np.ascontiguousarray(X).reshape(len(X), -1)
    labels = np.asarray(y).astype(np.int64).reshape(-1)
    weights = np.zeros((rows.shape[1], labels.max() + 1))
    for step in range(100):
        shares = softmax(rows @ weights)
        shares[np.arange(len(labels)), labels] -= 1
        weights -= rate * (rows.T @ shares) / len(labels)
        if np.abs(shares).mean() < 1e-3:
            break
    return weights
"""
OTHER = """\
def softmax(scores):
    out = np.empty_like(scores, dtype=float)
    for number, row in enumerate(scores):
        e = [np.exp(value - max(row)) for value in row]
        out[number] = np.array(e) / np.sum(e)
    return out


def train(X, y, rate=0.1):
    rows = np.ascontiguousarray(X).reshape(len(X), -1)
    labels = np.asarray(y).astype(np.int64).reshape(-1)
    k = len(set(labels.tolist()))
    onehot = np.eye(k)[labels]
    W, b = np.random.randn(k, rows.shape[1]) * 0.01, np.zeros(k)
    epoch = 0
    while epoch < 50:
        p = softmax(rows.dot(W.T) + b)
        dW = np.dot((p - onehot).T, rows)
        W, b = W - rate * dW / rows.shape[0], b - rate * np.mean(p - onehot, axis=0)
        epoch += 1
    return W, b
"""
MINE = f"import numpy as np\n\n\n{SOFTMAX}\n\n{TRAIN}"
GIVEN = boilerplate([STUBS], [MINE])
NOTHING = np.empty(0, dtype=np.int64)


def own(text: str, name: str = "a"):
    return fingerprint(name, [Source("hw.py", text)], GIVEN)


def alike(left: str, right: str):
    return likeness((own(left), own(right)), (0, 1), NOTHING)


def a_class(folder: Path, texts: dict[str, str]) -> list[Entry]:
    for name, text in texts.items():
        (folder / name / "code").mkdir(parents=True)
        (folder / name / "code" / "hw.py").write_text(text)
    return [Entry(name, folder / name, frozenset({name})) for name in sorted(texts)]


def names(found) -> list[tuple[str, str]]:
    return [(found.entries[p.left].name, found.entries[p.right].name) for p in found.pairs]


def varied(number: int) -> str:
    """Code that shares nothing with that of another number."""
    rng = np.random.default_rng(number)
    calls = ["exp", "log", "sum", "mean", "dot", "where", "sqrt", "sort", "cumsum", "outer", "roll", "tile"]
    lines = [
        f"    v{i} = np.{calls[rng.integers(12)]}(v{i}[{rng.integers(3)}] {'+-*/@'[rng.integers(5)]} w."
        f"{calls[rng.integers(12)]}(axis={rng.integers(3)}))"
        for i in range(30)
    ]
    return "def own_work(w):\n" + "\n".join(lines) + "\n"


RENAMED = re.sub(
    r"\b(shifted|powers|total|weights|step|shares|rows|labels)\b",
    lambda m: f"my_{m[0][::-1]}",
    SOFTMAX + TRAIN,
)


@pytest.mark.parametrize(
    "changed",
    [
        RENAMED.replace("my_swor = ", "my_swor  =  "),
        f"import numpy as np\n{TRAIN}\n{SOFTMAX}",
        MINE.replace("# the largest goes first", "# totally my own idea").replace("Shares that add up to 1.", "Mine!"),
        MINE.replace(" = ", "=").replace("    ", "\t").replace("\n", "\n\n"),
        MINE.replace("return powers / total", "return (powers\n        / total)"),
        MINE.replace("def train(X, y, rate=0.1):", "def train(X: np.ndarray, y: np.ndarray, rate: float = 0.5) -> None:"),
        MINE.replace("range(100)", "range(250)").replace("1e-3", "1e-5"),
    ],
    ids=["renamed", "reordered", "comments", "spacing", "parentheses", "types", "figures"],
)  # fmt: skip
def test_a_disguised_copy_is_found(changed):
    assert changed != MINE
    assert alike(MINE, changed).share > 0.85


def test_two_honest_solutions_share_next_to_nothing():
    assert alike(MINE, OTHER).share < 0.15


def test_stubs_and_given_code_are_nobodys_own():
    assert len(own(STUBS).codes) == 0
    assert len(own(MINE).codes) < len(fingerprint("a", [Source("hw.py", MINE)], boilerplate([])).codes)
    with_types = "def softmax(scores: np.ndarray) -> np.ndarray:\n    pass\n"
    assert [t.text for line in own_lines(with_types) for t in line.tokens] == ["pass"]


def own_lines(text: str):
    return [line for stretch in GIVEN.own(list(logical_lines(text))) for line in stretch]


def test_a_short_line_counts_as_given_only_beside_its_neighbour():
    given = boilerplate(["x = prepare(rows)\nreturn x\n"])
    parsed = list(logical_lines("y = 1\nreturn x\nx = prepare(rows)\nreturn x\n"))
    assert [line.key for stretch in given.own(parsed) for line in stretch] == ["y = 1", "return x"]


def test_names_of_numpy_and_python_stay_and_others_become_one_word():
    (line,) = logical_lines("total = np.sum(mine.data_, axis=1) + len(other)")
    words = [word for word, _ in normalised(line)]
    assert " ".join(words) == "NAME = NAME . sum ( NAME . NAME , axis = 1 ) + len ( NAME ) END"


def test_a_table_of_figures_is_not_code():
    table = "values = [" + ", ".join(f"-{n}.5" for n in range(5000)) + "]\n"
    (line,) = logical_lines(table)
    assert len(list(normalised(line))) < 12
    assert alike(table, table).tokens == 0


def test_matches_point_at_each_other_and_at_the_right_lines():
    moved = f"import numpy as np\n\n\n{TRAIN}\n\n{OTHER.partition('def train')[0]}"
    found = alike(MINE, moved)
    assert {r.number for r in found.left_regions} == {r.number for r in found.right_regions}
    first, other = found.left_regions[0], found.right_regions[0]
    assert MINE[first.start : first.end] == moved[other.start : other.end]
    assert MINE[first.start : first.end].startswith("weights = np.zeros")
    assert MINE.split("\n")[first.line - 1].strip().startswith("weights = np.zeros")
    assert found.left_lines == found.right_lines == 8


def test_a_class_is_ranked_and_honest_work_is_not_listed(tmp_path):
    texts = {f"honest{n:02}": varied(n) for n in range(20)}
    texts |= {"ann": MINE, "bob": RENAMED, "cleo": OTHER, "stubs": STUBS, "half": SOFTMAX + varied(99)}
    found = find_similar(a_class(tmp_path, texts), GIVEN, threshold=0.5)
    assert names(found) == [("ann", "bob")]
    assert found.empty == ("stubs",)
    assert not found.more


def test_what_a_large_part_of_the_class_has_says_nothing_of_a_pair(tmp_path):
    texts = {f"s{n:02}": SOFTMAX + TRAIN + varied(n) for n in range(30)}
    texts["s30"] = texts["s07"].replace("own_work", "my_work")
    found = find_similar(a_class(tmp_path, texts), GIVEN, threshold=0.3)
    assert names(found) == [("s07", "s30")]


def test_a_ring_of_exact_copies_is_not_taken_for_common_knowledge(tmp_path):
    texts = {f"copy{n:02}": MINE for n in range(25)} | {f"own{n:02}": varied(n) for n in range(25)}
    found = find_similar(a_class(tmp_path, texts), GIVEN, top=10)
    assert len(found.pairs) == 10
    assert found.more
    assert all(pair.share == 1 for pair in found.pairs)
    assert all(left.startswith("copy") and right.startswith("copy") for left, right in names(found))


def test_pairs_that_share_a_person_are_listed_apart(tmp_path):
    entries = a_class(tmp_path, {"ann": MINE, "bob": RENAMED, "cleo": MINE})
    together = [Entry("ann", entries[0].folder, frozenset({"ann", "bob"})), *entries[1:]]
    found = find_similar(together, GIVEN)
    assert names(found) == [("ann", "cleo"), ("bob", "cleo")]
    assert [(p.left, p.right) for p in found.together] == [(0, 1)]


def test_another_years_class_is_compared_with_this_one_but_not_with_itself(tmp_path):
    entries = a_class(tmp_path / "new", {"ann": MINE, "bob": OTHER})
    others = a_class(tmp_path / "old", {"x": RENAMED, "y": RENAMED})
    found = find_similar(entries, GIVEN, others=others)
    assert names(found) == [("ann", "x"), ("ann", "y")]


def test_candidates_are_the_same_pairs_in_the_same_order_however_the_class_is_sorted():
    prints = [own(MINE, f"p{n}") for n in range(6)] + [own(OTHER, "q")]
    common = common_hashes(prints)

    def of(order):
        pairs, more = candidates(order, len(order), common, 0.5, 4)
        return [sorted((order[i].name, order[j].name)) for i, j in pairs], more

    assert of(prints) == of(prints[::-1])
    assert of(prints) == ([["p0", "p1"], ["p0", "p2"], ["p0", "p3"], ["p0", "p4"]], True)


def test_the_shares_are_the_same_in_every_process():
    code = (
        "import tests.harness.test_similarity as t\n"
        "p = t.own(t.MINE); l = t.alike(t.MINE, t.RENAMED)\n"
        "print(p.selected.tolist(), l)"
    )
    root = Path(__file__).resolve().parents[2]
    said = {
        subprocess.run(
            [sys.executable, "-c", code], cwd=root, env={**os.environ, "PYTHONHASHSEED": seed},
            capture_output=True, text=True, check=True,
        ).stdout
        for seed in ("1", "2")
    }  # fmt: skip
    assert len(said) == 1


HOSTILE = {
    "one line": "x=1;" * (MAX_FILE_BYTES // 4),
    "one long line": "a+" * (MAX_FILE_BYTES // 2),
    "nested": "(" * MAX_FILE_BYTES,
    "escaped quotes": '"""' + '\\"""' * (MAX_FILE_BYTES // 4),
    "quotes": '"' * MAX_FILE_BYTES,
    "odd quotes": "'''\"" * (MAX_FILE_BYTES // 4),
    "backslashes": "\\" * MAX_FILE_BYTES,
    "nul": "\0" * MAX_FILE_BYTES,
    "digits": "9" * MAX_FILE_BYTES,
    "points": "1." * (MAX_FILE_BYTES // 2),
    "no python": "]})({[ def class ''' \ud800 lambda: \x1b[31m".encode("utf-8", "replace").decode() * 4000,
    "indents": "\n".join(" " * (n % 300) + "x" for n in range(1300)),
    "comments": "#" * MAX_FILE_BYTES,
}


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE.keys())
def test_hostile_text_costs_little_time_and_does_no_harm(text):
    began = time.process_time()
    print_ = own(text)
    likeness((print_, own(text + " x")), (0, 1), NOTHING)
    assert time.process_time() - began < 10
    assert len(print_.codes) <= MAX_TOKENS


def test_every_character_of_a_text_is_read_once():
    text = 'a = """open\nb = 2  # c\n'
    (line,) = logical_lines(text)
    assert [token.text for token in line.tokens] == ["a", "=", '"""open\nb = 2  # c\n']


def test_too_many_too_long_and_odd_files_are_bounded_and_named(tmp_path):
    code = tmp_path / "s" / "code"
    code.mkdir(parents=True)
    (code / "a.py").write_bytes(b"x = 1\r\n" * MAX_FILE_BYTES)
    (code / "b.py").symlink_to("/etc/passwd")
    os.mkfifo(code / "c.py")
    (code / "d.txt").write_text("no Python")
    (code / "e.py").write_bytes(b"\xff\xfey = 1\r")
    for number in range(MAX_FILES):
        (code / f"z{number:03}.py").write_text("z = 1\n")
    sources, notes = sources_of(Entry("s", tmp_path / "s"))
    assert [source.name for source in sources][:3] == ["a.py", "e.py", "z000.py"]
    assert len(sources) == MAX_FILES
    assert sources[0].cut
    assert sum(len(source.text) for source in sources) <= MAX_BYTES
    assert "\r" not in "".join(source.text for source in sources)
    assert [note.split(":")[1].split()[0] for note in notes] == ["of", "b.py", "z098.py"]


def test_a_submission_without_code_is_compared_with_nothing(tmp_path):
    entries = [Entry("a", tmp_path / "a"), Entry("b", tmp_path / "b")]
    found = find_similar(entries, GIVEN)
    assert not found.pairs
    assert found.empty == ("a", "b")


def test_less_than_one_stretch_is_no_fingerprint():
    assert len(own("x = 1\n" * 3).hashes) == 0
    assert K > 10


@pytest.mark.parametrize("name", assignment.names())
def test_the_stubs_of_every_assignment_are_nobodys_own_and_its_reference_is(name):
    chosen = assignment.load(name)
    given = of_assignment(chosen)

    def print_of(folder: Path):
        modules = [f for f in (*chosen.required, *chosen.optional) if f.endswith(".py")]
        return fingerprint("x", [Source(m, (folder / m).read_text()) for m in modules], given)

    assert len(print_of(chosen.student).codes) == 0
    assert len(print_of(chosen.reference).hashes) > 100


def test_solutions_of_a_real_assignment_that_were_written_apart_stay_below_the_threshold():
    chosen = assignment.load("binary_mlp")
    given = of_assignment(chosen)
    prints = [
        fingerprint(str(n), [Source("hw2.py", path.read_text())], given)
        for n, path in enumerate(
            [
                chosen.reference / "hw2.py",
                chosen.fixtures / "submissions" / "hangs" / "hw2.py",
                chosen.fixtures / "variants" / "right_where_sigmoid_and_percent" / "hw2.py",
            ]
        )
    ]
    shares = [likeness((prints[0], other), (0, 1), NOTHING).share for other in prints[1:]]
    assert max(shares) < 0.4
