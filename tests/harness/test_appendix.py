"""The appendix of a write-up: whose code is in it, and that Markdown and LaTeX hold it whatever it is."""

import json
import re
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest
from markdown_it import MarkdownIt

from harness import assignment as assignments
from harness import cli
from harness.appendix import FilePart, Piece, gather
from harness.appendix_formats import WIDTH, to_latex, to_markdown
from harness.errors import UsageError
from tests.harness.latex import compiled, needs_pdflatex

ROOT = Path(__file__).resolve().parents[2]

MANIFEST = """\
schema = 1
name = "tiny"
title = "Tiny"
handout = "none"
required = ["net/layers.py", "hw.py"]
points = 1
[[questions]]
id = "1"
title = "One"
points = 1
public = 1
"""
LAYERS = """\
class Dense:
    def __init__(self, n):
        self.n = n

    def forward(self, x):
        # BEGIN SOLUTION 4.2
        return x
        # END SOLUTION

    def backward(self, d):
        # BEGIN SOLUTION 4.2
        return d
        # END SOLUTION


class ReLU:
    def forward(self, x):
        # BEGIN SOLUTION 4.1
        return x
        # END SOLUTION

    def backward(self, d):
        # BEGIN SOLUTION 4.3
        return d
        # END SOLUTION
"""
HW = """\
def outer():
    def inner():
        # BEGIN SOLUTION 1
        return 1
        # END SOLUTION
    return inner


def given():
    return 2
"""
BOOK_CELL = "def train(net):\n    # BEGIN SOLUTION 7.1\n    return net\n    # END SOLUTION"


def _book(*sources):
    cells = [nbformat.v4.new_code_cell(source) for source in sources]
    return nbformat.writes(nbformat.v4.new_notebook(cells=cells))


@pytest.fixture
def project(tmp_path):
    """A checkout with one assignment: two modules and a notebook."""
    for name, text in {
        "tests/tiny/assignment.toml": MANIFEST,
        "reference/tiny/hw.py": HW,
        "reference/tiny/net/layers.py": LAYERS,
        "reference/tiny/net/given.py": "x = 1\n",
        "reference/tiny/nb.ipynb": _book("%matplotlib inline", BOOK_CELL),
    }.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return tmp_path


@pytest.fixture
def parts_of(project):
    """What is gathered from a submission's files, by file name."""

    def run(**files):
        folder = project / "submission"
        for name, content in files.items():
            path = folder / {"hw": "hw.py", "layers": "net/layers.py", "nb": "nb.ipynb"}[name]
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content if isinstance(content, bytes) else content.encode())
        folder.mkdir(exist_ok=True)
        return {part.name: part for part in gather(assignments.load("tiny", project), folder)}

    return run


def _reference_parts(project):
    return gather(assignments.load("tiny", project), project / "reference" / "tiny")


def test_pieces_follow_from_the_regions_in_the_manifests_order(project):
    """Methods of a partly given class apart, a class of one's own whole, the outermost of nested functions."""
    parts = _reference_parts(project)
    assert [part.name for part in parts] == ["net/layers.py", "hw.py", "nb.ipynb"]
    assert [(p.name, p.questions) for part in parts for p in part.pieces] == [
        ("Dense.forward", ("4.2",)),
        ("Dense.backward", ("4.2",)),
        ("ReLU", ("4.1", "4.3")),
        ("outer", ("1",)),
        ("train", ("7.1",)),
    ]
    forward, _, relu = parts[0].pieces
    assert forward.code.startswith("def forward(self, x):\n    # BEGIN SOLUTION 4.2\n    return x")
    assert relu.code == LAYERS[LAYERS.index("class ReLU") :].rstrip()
    assert parts[2].pieces[0].code == BOOK_CELL


def test_decorators_and_comments_are_kept_and_the_indentation_is_taken_off(parts_of):
    """Comment lines directly above and at the end of the body belong to the function; verbatim in between."""
    layers = (
        "class Dense:\n"
        "    # far away\n\n"
        "    # why it is so\n"
        "    @staticmethod\n"
        "    @ (\n        cached)\n"
        "    def forward(self, x):\n"
        "        text = '''\nat the left\n    '''\n\n"
        "        return  x ;  # odd   spaces\n"
        "        # the end\n\n"
        "        # the very end\n"
        "    # not this\n"
        "    def backward(self, d): return d\n"
    )
    forward, backward, _ = parts_of(layers=layers)["net/layers.py"].pieces
    assert forward.code == (
        "# why it is so\n@staticmethod\n@ (\n    cached)\ndef forward(self, x):\n"
        "    text = '''\nat the left\n'''\n\n    return  x ;  # odd   spaces\n    # the end\n\n    # the very end"
    )
    assert backward.code == "# not this\ndef backward(self, d): return d"


def test_tabs_line_ends_and_encodings_of_other_editors(parts_of):
    """Windows' line ends, tabs, a BOM, UTF-16 and Latin-1 are all read; form feeds go."""
    source = "\f\ndef outer():\n\treturn 'é'\n"
    for data in (
        source.replace("\n", "\r\n").encode("utf-8-sig"),
        source.replace("\n", "\r").encode(),
        source.encode("utf-16"),
        source.encode("latin-1"),
    ):
        assert parts_of(hw=data)["hw.py"].pieces[0].code == "def outer():\n\treturn 'é'"


def test_definitions_are_found_wherever_they_bind_the_name(parts_of):
    """In if, try and with blocks, twice, async, or as an assignment; never inside another function."""
    source = "try:\n    if True:\n        def outer(): return 1\nexcept E:\n    async def outer(): return 2\n"
    assert (
        parts_of(hw=source)["hw.py"].pieces[0].code == "def outer(): return 1\n\nasync def outer(): return 2"
    )
    assert parts_of(hw="outer = lambda: 1\n")["hw.py"].pieces[0].code == "outer = lambda: 1"
    hidden = parts_of(hw="def given():\n    def outer(): return 1\n")["hw.py"].pieces
    assert hidden == [Piece("outer", ("1",), "", "not found in this file.")]


def test_what_the_student_added_comes_last(parts_of):
    """Helpers and methods that the reference does not have; given functions and constants stay out."""
    hw = "LIMIT = 3\ndef help_me(): return 0\ndef outer(): return 1\ndef given(): return 2\n"
    assert [(p.name, p.questions) for p in parts_of(hw=hw)["hw.py"].pieces] == [
        ("outer", ("1",)),
        ("help_me", ()),
    ]
    layers = "class Dense:\n    def forward(self): 1\n    def pad(self): 2\nclass ReLU:\n    def more(self): 3\nclass Own:\n    def f(self): 4\n"
    names = [p.name for p in parts_of(layers=layers)["net/layers.py"].pieces if p.code]
    assert names == ["Dense.forward", "ReLU", "Dense.pad", "Own"]


def test_what_is_missing_is_said_in_its_place(parts_of):
    """A file, or one of its functions, in one sentence each."""
    parts = parts_of(hw="x = 1\n")
    assert parts["net/layers.py"] == FilePart("net/layers.py", [], ["This file is missing."])
    assert parts["hw.py"].pieces == [Piece("outer", ("1",), "", "not found in this file.")]


def test_a_link_out_of_the_submission_is_not_followed(parts_of, project):
    """Another student's file must not come into this one's appendix."""
    (project / "submission").mkdir()
    (project / "submission" / "hw.py").symlink_to(project / "reference" / "tiny" / "hw.py")
    assert parts_of()["hw.py"].problems == ["This file is missing."]


HOSTILE = {
    "parentheses": "x = " + "(" * 10_000 + ")" * 10_000,
    "minus signs": "x = " + "-" * 10_000 + "1",
    "nots": "x = " + "not " * 10_000 + "1",
    "attributes": "x = a" + ".b" * 10_000,
    "sum": "x = 1" + "+1" * 10_000,
    "lambdas": "x = " + "lambda: " * 10_000 + "1",
    "powers": "x = 1" + "**1" * 10_000,
    "conditions": "x = 1" + " if 1 else 1" * 10_000,
    "f-strings": "x = " + "f'{" * 200 + "}'" * 200,
    "blocks": "".join(" " * i + "if 1:\n" for i in range(1000)) + " " * 1000 + "x",
    "elifs": "if 1: pass\n" + "elif 1: pass\n" * 10_000,
    "classes": "".join(" " * i + f"class A{i}:\n" for i in range(90)) + " " * 90 + "x = 1",
    "no text": "\0\0\0",
    "surrogates": "x = '\\ud800'",
    "long number": "x = " + "9" * 10_000,
}


@pytest.mark.parametrize("kind", HOSTILE)
def test_sources_that_break_a_parser_do_not_break_the_command(kind, project):
    """It ends with code 0 in a process of its own: a sentence stands where the code would, or the code does."""
    folder = project / "submission"
    folder.mkdir()
    (folder / "hw.py").write_text(HOSTILE[kind] + "\ndef outer(): return 1\n")
    (folder / "nb.ipynb").write_text(_book("def train(net): return 1", HOSTILE[kind]))
    done = subprocess.run(
        [
            sys.executable,
            ROOT / "grader.py",
            "--root",
            project,
            "appendix",
            "tiny",
            folder,
            "--format",
            "latex",
        ],
        capture_output=True,
        text=True,
        check=False,
        cwd=ROOT,
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert "does not parse" in done.stdout or "def outer(): return 1" in done.stdout
    assert "def train(net): return 1" in done.stdout
    assert _latex_faults(done.stdout) == []


def test_a_file_that_does_not_parse_is_one_sentence(parts_of):
    """It names the line; the rest of the submission is there."""
    parts = parts_of(hw="x = 1\ndef outer(:\n", layers=LAYERS)
    assert parts["hw.py"] == FilePart(
        "hw.py", [], ["This file does not parse (line 2): its code is left out."]
    )
    assert len(parts["net/layers.py"].pieces) == 3


def test_a_file_that_is_too_large_is_one_sentence(parts_of):
    """Nobody wrote it by hand."""
    assert parts_of(hw=b"#" * ((1 << 20) + 1))["hw.py"].problems == [
        "This file cannot be read: it is over 1 MiB."
    ]


def test_cells_of_a_notebook_are_taken_one_by_one(parts_of):
    """A cell that does not parse costs only itself; magics inside a function are shown."""
    train = "def train(net):\n    %time net.fit()\n    return net"
    part = parts_of(nb=_book("!ls\nx = ?", "def f(:", train, "%%bash\ndef train"))["nb.ipynb"]
    assert [p for p in part.pieces if p.questions] == [Piece("train", ("7.1",), train)]
    assert part.problems == ["Code cell 2 of this file does not parse (line 1): its code is left out."]


@pytest.mark.parametrize("data", ["", "[]", '{"nbformat": 4}', "[" * 100_000])
def test_what_is_no_notebook_is_one_sentence(data, parts_of):
    """With what is wrong with it."""
    part = parts_of(nb=data)["nb.ipynb"]
    assert part.pieces == []
    assert len(part.problems) == 1
    assert part.problems[0].startswith("This file cannot be read: the ")


def test_invisible_characters_are_spelled_out(parts_of):
    """What a terminal or a reader would be misled by is visible."""
    code = parts_of(hw="def outer():\n    return '\u202e\x1b[31m'\n")["hw.py"].pieces[0].code
    assert code == "def outer():\n    return '\\u202e\\u001b[31m'"


# The two formats.

NASTY = [
    r"\end{verbatim}",
    r"    s = r'\end{verbatim}' + '\end {verbatim} # $ % & _ ^ ~ < > | ^^M'",
    r"\begin{verbatim}",
    r"\end{verbatim*}\end{document}",
    "\tx = 1\t# tab",
    "```", "````python", "   ```` `` `", "~~~", "# a heading", "<b>", "Title\n=====", "$$ \\ { } } {",
    "naïve Größe Łódź œuvre ß ÿ",
    "α Δ π ∑ 你好 😀 € « » ° ± µ Đ ſ ﬁ “x” – …\u00a0→",
    "e\u0301\u200b\u2028\x0c\x1b\x7f\x85",
    "x" * 1000,
    "0" * (WIDTH - 5) + r"\end{verbatim}",
    "y = 1  " + " " * 300 + "# far",
    "",
    "%",
    r"\end{verbatim}",
]  # fmt: skip


def _nasty_parts():
    """All of it in one piece, and each line in one of its own, whatever Python would say of it."""
    whole = Piece("f_1", ("1.2b",), "\n".join(NASTY))
    singles = [Piece(f"größe_{i}", (), line or "x") for i, line in enumerate(NASTY)]
    missing = Piece("gone", ("3", "4"), "", "not found in this file.")
    return [FilePart("a_b/c#1.py", [whole, *singles, missing], ["Problem: 100% of {it} \\ here_."])]


def _hostile_parts(parts_of):
    body = "".join(f"    # {line}\n" for text in NASTY for line in text.split("\n"))
    return list(parts_of(hw=f"def outer():\n{body}    return 1\n").values())


def _latex_faults(text):
    """What a LaTeX parser would stumble on, found without LaTeX: verbatim blocks, braces, specials, characters."""
    faults, depth, inside = [], 0, False
    for number, line in enumerate(text.split("\n"), 1):
        strange = [c for c in line if not (c.isascii() and c.isprintable()) and not c.isalpha()]
        if strange or max(map(ord, line), default=0) > 0x17E:
            faults.append(f"{number}: characters {strange}")
        if len(line) > WIDTH and inside:
            faults.append(f"{number}: too long")
        if inside:
            inside = line != r"\end{verbatim}"
            if inside and re.search(r"\\end\s*\{\s*verbatim", line):
                faults.append(f"{number}: ends in the middle of a line")
            continue
        if line == r"\begin{verbatim}":
            inside = True
            continue
        if "verbatim" in re.sub(r"\\textbackslash\{\}(begin|end)(\\ )*\\\{(\\ )*verbatim", "", line):
            faults.append(f"{number}: a marker out of place: {line}")
        bare = re.sub(r"\\[a-z]+|\\[{}$&#%_ ]", "", line)
        for c in bare:
            depth += {"{": 1, "}": -1}.get(c, 0)
            if depth < 0 or c in "$&#%_^~\\<>|":
                faults.append(f"{number}: {c} in {line}")
    return faults + (["braces stay open"] if depth else []) + (["verbatim stays open"] if inside else [])


@pytest.mark.parametrize(
    "text",
    [
        "\\begin{verbatim}\nx\n",
        "\\begin{verbatim}\nx\\end{verbatim}\n\\end{verbatim}",
        "\\begin{verbatim}\n\\end{verbatim}\n\\end{verbatim}",
        "\\section{a_b}",
        "\\section{a",
        "a}",
        "\\begin{verbatim}\nα\n\\end{verbatim}",
        "\\begin{verbatim}\n\t\n\\end{verbatim}",
        "100% sure",
    ],
)
def test_the_latex_checker_finds_faults(text):
    """A check that passes everything would prove nothing below."""
    assert _latex_faults(text)


@pytest.mark.parametrize("level", [1, 2, 3])
def test_latex_balances_whatever_the_code_holds(level, parts_of):
    """Every verbatim is closed once, braces match, and all characters can be set."""
    for parts in (_nasty_parts(), _hostile_parts(parts_of)):
        text = to_latex(parts, level)
        assert _latex_faults(text) == []
        name = {1: "section", 2: "subsection", 3: "subsubsection"}[level]
        assert re.findall(r"^\\(\w*section)\{", text, re.MULTILINE) == [name] * len(parts)
    assert rf"\{name}{{a\_b/c\#1.py}}" in to_latex(_nasty_parts(), level)


def test_latex_keeps_plain_code_to_the_letter(project):
    """Only what cannot be set is changed."""
    (part,) = [p for p in _reference_parts(project) if p.name == "hw.py"]
    code = part.pieces[0].code
    assert f"\\begin{{verbatim}}\n{code}\n\\end{{verbatim}}" in to_latex([part], 1)
    spelled = to_latex([FilePart("f", [Piece("g", (), "α = β̂ – 'é' # ≤ 😀")])], 1)
    assert "\n<alpha> = <beta><U+0302> - 'é' # <= <U+1F600>\n" in spelled


def test_no_character_of_a_long_line_is_lost():
    """The page is 100 characters wide; the rest goes on below."""
    line = "".join(str(i % 10) for i in range(1000))
    text = to_latex([FilePart("f", [Piece("g", (), line)])], 1)
    block = text.split("\\begin{verbatim}\n")[1].split("\n\\end{verbatim}")[0].split("\n")
    assert "".join([block[0], *(rest.removeprefix("... ") for rest in block[1:])]) == line
    assert max(map(len, block)) == WIDTH


@needs_pdflatex
@pytest.mark.parametrize("level", [1, 3])
def test_latex_compiles(level, tmp_path, parts_of):
    """An article with nothing but the output: the real reference, and the worst that code can hold."""
    real = assignments.load("binary_mlp")
    for parts in (gather(real, real.reference), _nasty_parts(), _hostile_parts(parts_of)):
        log = compiled(to_latex(parts, level), tmp_path)
        assert "Output written on main.pdf" in log
        assert "Missing character" not in log


def _tokens(text):
    return MarkdownIt("commonmark").parse(text)


def _check_markdown(parts, level):
    text = to_markdown(parts, level)
    tokens = _tokens(text)
    fences = [t for t in tokens if t.type == "fence"]
    pieces = [p for part in parts for p in part.pieces]
    # U+0000 and the like cannot occur: `gather` spells them out; the parser itself drops no character of a fence.
    assert [t.content for t in fences] == [p.code + "\n" for p in pieces if p.code]
    assert {t.info for t in fences} <= {"python"}
    headings = [tokens[i + 1] for i, t in enumerate(tokens) if t.type == "heading_open"]
    assert {t.tag for t in tokens if t.type == "heading_open"} == {f"h{level}"}
    assert [t.children[0].content for t in headings] == [part.name for part in parts]
    assert {t.type for t in tokens} <= {
        *("fence", "inline", "heading_open", "heading_close", "paragraph_open", "paragraph_close")
    }
    titles = [
        t.children[0].content for t in tokens if t.type == "inline" and t.children[0].type == "code_inline"
    ]
    assert [t for t in titles if t not in {part.name for part in parts}] == [p.name for p in pieces]
    book = nbformat.v4.new_notebook(cells=[nbformat.v4.new_markdown_cell(text)])
    nbformat.validate(nbformat.reads(nbformat.writes(book), as_version=4))
    assert json.loads(nbformat.writes(book))["cells"][0]["source"] == text.splitlines(keepends=True)


@pytest.mark.parametrize("level", [1, 2, 3])
def test_markdown_holds_exactly_the_fences_and_headings_intended(level, parts_of):
    """As a notebook's cell reads it, whatever backticks and headings the code holds."""
    real = assignments.load("binary_mlp")
    for parts in (gather(real, real.reference), _hostile_parts(parts_of)):
        _check_markdown(parts, level)


def test_a_fence_is_longer_than_any_run_of_backticks():
    """Three at least."""
    for inside, fence in (("x", "```"), ("``", "```"), ("```", "````"), ("a ````` b ``", "``````")):
        text = to_markdown([FilePart("f", [Piece("g", (), inside)])], 1)
        assert text == f"# `f`\n\n`g`, added:\n\n{fence}python\n{inside}\n{fence}\n"


# The command.


def _run(project, *arguments):
    return cli.main(["--root", str(project), "appendix", *map(str, arguments)])


def test_the_folder_is_the_students_by_default(project, capsysbinary):
    """And Markdown with headings of level 1 goes to standard output."""
    folder = project / "student" / "tiny"
    folder.mkdir(parents=True)
    (folder / "hw.py").write_text("def outer():\n    return 'ö'\n", encoding="utf-8")
    assert _run(project, "tiny") == 0
    text = capsysbinary.readouterr().out.decode()
    assert "# `hw.py`\n\n`outer`, question 1:\n\n```python\ndef outer():\n    return 'ö'\n```\n" in text
    assert "# `net/layers.py`\n\nThis file is missing.\n" in text


@pytest.mark.parametrize("option", ["--heading-level", "--heading_level"])
def test_output_goes_to_a_file(option, project, capsys):
    """Either spelling of the level; nothing is printed."""
    out = project / "code.tex"
    reference = project / "reference" / "tiny"
    assert _run(project, "tiny", reference, "--format", "latex", option, "2", "--output", out) == 0
    assert out.read_text().startswith("\\subsection{net/layers.py}\n")
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["other"], "there is no assignment 'other'; there is tiny"),
        (["tiny", "no/such"], "there is no such folder: no/such"),
        (["tiny"], "there is no such folder: "),
        (["tiny", "{reference}", "--output", "{reference}"], "cannot be written: Is a directory"),
        (["tiny", "{reference}", "--output", "no/such/file"], "cannot be written: No such file"),
        (["tiny", "{reference}", "--output", "{reference}/hw.py"], "is a file of the submission"),
    ],
)
def test_bad_input_is_one_sentence_and_exit_code_2(arguments, sentence, project, capsys):
    """Nothing is overwritten."""
    reference = project / "reference" / "tiny"
    assert _run(project, *(a.replace("{reference}", str(reference)) for a in arguments)) == 2
    done = capsys.readouterr()
    assert done.out == ""
    assert sentence in done.err
    assert len(done.err.splitlines()) == 1
    assert (reference / "hw.py").read_text() == HW


@pytest.mark.parametrize("option", [["--format", "html"], ["--heading-level", "4"], ["--heading-level", "x"]])
def test_a_bad_option_is_exit_code_2(option, project, capsys):
    """The parser names what is valid."""
    with pytest.raises(SystemExit, match="2"):
        _run(project, "tiny", *option)
    assert "invalid" in capsys.readouterr().err


def test_a_reference_without_regions_has_no_appendix(project):
    """An author's mistake is named."""
    for path in (project / "reference" / "tiny").rglob("*.*"):
        path.unlink()
    with pytest.raises(UsageError, match="reference/tiny marks no solution"):
        _reference_parts(project)


@pytest.mark.parametrize("name", assignments.names())
def test_every_assignment_has_an_appendix(name):
    """Its own reference is complete: all code is found."""
    real = assignments.load(name)
    parts = gather(real, real.reference)
    assert sum(len(part.pieces) for part in parts) >= 5
    assert all(piece.code and not piece.problem for part in parts for piece in part.pieces)
    assert not any(part.problems for part in parts)
    assert _latex_faults(to_latex(parts, 1)) == []
