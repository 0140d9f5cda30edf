"""convnet's generate_submission.py as a student runs it: both formats end up in a write-up, written or not."""

import ast
import re
import shutil
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest
from markdown_it import MarkdownIt

from tests.harness.latex import compiled, needs_pdflatex

ROOT = Path(__file__).resolve().parents[2]
FOLDERS = [ROOT / top / "convnet" for top in ("reference", "student")]
GROUPS = ["Activations", "Layers", "Losses", "Model"]
NAMES = [
    *(f"activations.{name}" for name in ("Linear", "Sigmoid", "ReLU", "SoftMax")),
    *("layers.FullyConnected", "layers.Pool2D"),
    *(f"layers.Conv2D.{name}" for name in ("__init__", "_init_parameters", "forward", "backward")),
    *("losses.CrossEntropy", "losses.L2"),
    *(f"models.NeuralNetwork.{name}" for name in ("forward", "backward", "predict")),
]

both_folders = pytest.mark.parametrize("folder", FOLDERS, ids=["reference", "student"])


def script(folder, *arguments, command="generate_submission.py"):
    """Output and exit code; the script must be right where it lies, so no copy is needed to read from."""
    done = subprocess.run(
        [sys.executable, "-B", command, *map(str, arguments)],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    return done.stdout, done.stderr, done.returncode


def written(folder, *arguments):
    out, err, code = script(folder, *arguments)
    assert (err, code) == ("", 0), err
    return out


def sources(folder):
    """{dotted name: source as it stands in the file} of the four modules' classes and methods."""
    found = {}
    for module in ("activations", "layers", "losses", "models"):
        text = (folder / "neural_networks" / f"{module}.py").read_text()
        lines = text.split("\n")
        for node in ast.parse(text).body:
            members = [*node.body, node] if isinstance(node, ast.ClassDef) else [node]
            for member in members:
                if isinstance(member, (ast.FunctionDef, ast.ClassDef)):
                    path = [module, node.name] if member is node else [module, node.name, member.name]
                    end = member.end_lineno
                    while re.match(rf" {{{member.col_offset + 1},}}#", lines[end]):
                        end += 1  # a comment that ends the body
                    found[".".join(path)] = "\n".join(lines[member.lineno - 1 : end])
    return found


def test_help_names_every_option():
    """--help ends well and tells of formats, output and levels."""
    text = written(FOLDERS[0], "--help")
    for told in ("-f", "--format {markdown,latex}", "-o", "--output FILE", "--heading_level {1,2,3}"):
        assert told in text


@both_folders
@pytest.mark.parametrize("level", [1, 2, 3])
def test_markdown_is_a_valid_notebook_cell_with_the_code_to_the_letter(folder, level):
    """Four headings of the level asked for; one fence for each name, which holds its source and nothing else."""
    text = written(folder, "--format", "markdown", "--heading_level", level)
    book = nbformat.v4.new_notebook(cells=[nbformat.v4.new_markdown_cell(text, id="code")])
    nbformat.validate(book)
    (cell,) = nbformat.reads(nbformat.writes(book), as_version=4).cells
    tokens = MarkdownIt("commonmark").parse(cell.source)
    headings = [
        (tokens[i].tag, tokens[i + 1].content) for i, t in enumerate(tokens) if t.type == "heading_open"
    ]
    assert headings == [(f"h{level}", group) for group in GROUPS]
    assert re.findall(r"^Implementation of `(.+)`:$", text, re.MULTILINE) == NAMES
    fences = [(t.info, t.content.rstrip("\n")) for t in tokens if t.type == "fence"]
    assert fences == [("python", sources(folder)[name]) for name in NAMES]


@both_folders
@pytest.mark.parametrize("level", [1, 2, 3])
def test_latex_has_headings_of_the_level(folder, level):
    r"""\section, \subsection or \subsubsection; the code stands in verbatim blocks, to the letter."""
    text = written(folder, "-f", "latex", "--heading_level", level)
    command = {1: "section", 2: "subsection", 3: "subsubsection"}[level]
    assert re.findall(r"^\\(\w*section)\{(\w+)\}$", text, re.MULTILINE) == [(command, g) for g in GROUPS]
    blocks = re.findall(r"\\begin\{verbatim\}\n(.*?)\n\\end\{verbatim\}", text, re.DOTALL)
    assert blocks == [sources(folder)[name] for name in NAMES]


@needs_pdflatex
@both_folders
@pytest.mark.parametrize("level", [1, 3])
def test_latex_compiles(folder, level, tmp_path):
    """In an article without a single package, with a table of contents; no character is missing."""
    log = compiled(written(folder, "-f", "latex", "--heading_level", level), tmp_path)
    assert re.search(r"Output written on main.pdf \((\d+) pages", log)
    assert "Missing character" not in log


@pytest.mark.parametrize("format_", ["markdown", "latex"])
@pytest.mark.parametrize("option", ["-o", "--output"])
def test_a_file_gets_what_the_screen_would(format_, option, tmp_path):
    """Level 1 if none is named; nothing is printed then."""
    out = tmp_path / "code.txt"
    shown = written(FOLDERS[0], "-f", format_, "--heading_level", "1")
    assert written(FOLDERS[0], "-f", format_, option, out) == ""
    assert out.read_text(encoding="utf-8") == shown


@pytest.mark.parametrize("format_", ["html", "Markdown", "", None])
def test_an_unknown_format_is_a_value_error(format_):
    """It names what there is, and what it got."""
    call = f"import generate_submission as g; g.generate({format_!r})"
    out, err, code = script(FOLDERS[0], call, command="-c")
    assert (out, code) == ("", 1)
    assert err.splitlines()[-1] == f"ValueError: format must be markdown or latex, got {format_!r}"


@pytest.mark.parametrize("arguments", [["-f", "html"], ["-f", "latex", "--heading_level", "4"]])
def test_a_bad_option_is_a_usage_error(arguments, tmp_path):
    """Exit code 2, and no file."""
    out, err, code = script(FOLDERS[0], *arguments, "-o", tmp_path / "code.txt")
    assert (out, code) == ("", 2)
    assert "invalid choice" in err
    assert not (tmp_path / "code.txt").exists()


def test_it_runs_on_the_untouched_stubs():
    """What is not written is shown as it stands, with its question."""
    text = written(FOLDERS[1], "-f", "markdown")
    for question in ("4.1", "4.2", "4.3", "4.4", "5.1", "6.2", "6.3", "opt"):
        assert f'raise NotImplementedError("{question}: ' in text
    assert "SOLUTION" not in text


def test_what_the_student_wrote_is_what_is_shown(tmp_path):
    """The code of the folder that it runs in, comments and all, in place of the stub."""
    folder = shutil.copytree(FOLDERS[1], tmp_path / "mine", ignore=shutil.ignore_patterns("__pycache__"))
    path = folder / "neural_networks" / "models.py"
    stub = 'raise NotImplementedError("5.1: NeuralNetwork.predict is not written yet")'
    mine = "Y_hat = self.forward(X)  # é\n        return Y_hat, self.loss(Y, Y_hat)"
    path.write_text(path.read_text(encoding="utf-8").replace(stub, mine), encoding="utf-8")
    text = written(folder, "-f", "markdown")
    assert mine in text and stub not in text


def test_letters_that_latex_cannot_set_are_spelled_out(tmp_path):
    """A Greek letter in a comment is shown by its number: pdflatex would stop at it."""
    folder = tmp_path / "package"
    shutil.copytree(FOLDERS[1], folder, ignore=shutil.ignore_patterns("data", "datasets"))
    path = folder / "neural_networks" / "losses.py"
    path.write_text(
        path.read_text(encoding="utf-8").replace("One NumPy float.", "One \u03b1."), encoding="utf-8"
    )
    assert "One <U+03B1>." in written(folder, "-f", "latex")
    assert "One \u03b1." in written(folder, "-f", "markdown")
