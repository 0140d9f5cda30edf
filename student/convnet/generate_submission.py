"""Collect the code that you wrote as Markdown or LaTeX, for your write-up. Given.

    python generate_submission.py --format markdown --output code.md
    python generate_submission.py --format latex --heading_level 2 --output code.tex

The LaTeX is meant to be read into a document of yours with `\\input{code.tex}`; it needs no package. If you
changed code that is not listed in `student_implementations`, add its name there.

Source: handout, section 3.3.
"""

import argparse
import inspect
import re
import sys

from neural_networks import activations, layers, losses, models

student_implementations = {
    "Activations": ["activations.Linear", "activations.Sigmoid", "activations.ReLU", "activations.SoftMax"],
    "Layers": [
        "layers.FullyConnected",
        "layers.Pool2D",
        "layers.Conv2D.__init__",
        "layers.Conv2D._init_parameters",
        "layers.Conv2D.forward",
        "layers.Conv2D.backward",
    ],
    "Losses": ["losses.CrossEntropy", "losses.L2"],
    "Model": [
        "models.NeuralNetwork.forward",
        "models.NeuralNetwork.backward",
        "models.NeuralNetwork.predict",
    ],
}

_MODULES = {"activations": activations, "layers": layers, "losses": losses, "models": models}

_TEX = {
    "\\": r"\textbackslash{}",
    "{": r"\{",
    "}": r"\}",
    "^": r"\textasciicircum{}",
    "~": r"\textasciitilde{}",
    " ": "~",
    **{c: "\\" + c for c in "#$%&_"},
    **{c: c + "{}" for c in "-?!`'"},  # which TeX would join with what follows
}


def get_source_code_unstructured(names):
    """The source of functions and classes by their names.

    Args:
        names: Dotted names that begin with `activations`, `layers`, `losses` or `models`.

    Returns:
        {name: source}, in that order. For what is not there, a comment that says so stands for the source.
    """
    return {name: _source_of(name) for name in names}


def get_source_code_structured(names):
    """The same for names in groups.

    Args:
        names: {heading: list of names}.

    Returns:
        {heading: {name: source}}.
    """
    return {heading: get_source_code_unstructured(group) for heading, group in names.items()}


def emit_markdown(source_code):
    """Markdown with one block of code for each name.

    Args:
        source_code: {name: source}.
    """
    return "\n".join(_markdown_block(name, source) for name, source in source_code.items())


def emit_markdown_with_headings(source_code, heading_level=1):
    """Markdown with a heading for each group.

    Args:
        source_code: {heading: {name: source}}.
        heading_level: 1 for `#`, 2 for `##`, 3 for `###`.
    """
    return "\n".join(
        f"{'#' * heading_level} {heading}\n\n{emit_markdown(group)}" for heading, group in source_code.items()
    )


def emit_latex(source_code):
    """LaTeX with one verbatim block for each name.

    Args:
        source_code: {name: source}.
    """
    return "\n".join(
        f"\\noindent Implementation of {_texttt(name)}:\n{_verbatim(source)}"
        for name, source in source_code.items()
    )


def emit_latex_with_headings(source_code, heading_level=1):
    r"""LaTeX with a heading for each group.

    Args:
        source_code: {heading: {name: source}}.
        heading_level: 1 for \section, 2 for \subsection, 3 for \subsubsection.
    """
    command = "sub" * (heading_level - 1) + "section"
    return "\n".join(
        f"\\{command}{{{heading}}}\n\n{emit_latex(group)}" for heading, group in source_code.items()
    )


def flatten(structured_names):
    """All names of all groups in one list.

    Args:
        structured_names: {heading: list of names}.
    """
    return [name for group in structured_names.values() for name in group]


def generate(output_format, heading_level=1):
    """The whole document.

    Args:
        output_format: "markdown" or "latex".
        heading_level: 1, 2 or 3.

    Raises:
        ValueError: For any other format.
    """
    if output_format not in ("markdown", "latex"):
        raise ValueError(f"format must be markdown or latex, got {output_format!r}")
    emit = emit_markdown_with_headings if output_format == "markdown" else emit_latex_with_headings
    return emit(get_source_code_structured(student_implementations), heading_level)


def _source_of(name):
    module, *path = name.split(".")
    try:
        found = _MODULES[module]
        for part in path:
            found = getattr(found, part)
        return inspect.getsource(found)
    except (KeyError, AttributeError, TypeError, OSError):
        return f"# {name} is not written\n"


def _markdown_block(name, source):
    # A fence ends at the first run of backticks that is as long as its own.
    longest = max((len(run) for run in re.findall("`+", source)), default=0)
    fence = "`" * max(3, longest + 1)
    return f"Implementation of `{name}`:\n\n{fence}python\n{source.rstrip()}\n{fence}\n"


def _verbatim(source):
    end = r"\end{verbatim}"
    out, inside = [], False
    for line in _typesettable(source.rstrip().expandtabs()).split("\n"):
        # Nothing can be quoted in a verbatim block that holds the block's own end.
        if inside == (end in line):
            out.append(end if inside else r"\begin{verbatim}")
            inside = not inside
        out.append(line if inside else rf"\noindent{_texttt(line)}\par")
    return "\n".join([*out, end if inside else "", ""])


def _typesettable(text):
    """Characters that pdflatex cannot set in a verbatim block, such as Greek letters, by their numbers."""
    return "".join(c if c == "\n" or " " <= c <= "~" else f"<U+{ord(c):04X}>" for c in text)


def _texttt(text):
    return rf"\texttt{{{''.join(_TEX.get(c, c) for c in text)}}}"


def main(arguments=None):
    """The command line."""
    parser = argparse.ArgumentParser(description="Collect the code that you wrote as Markdown or LaTeX.")
    parser.add_argument("-f", "--format", choices=["markdown", "latex"], help="what to write; must be given")
    parser.add_argument("-o", "--output", metavar="FILE", help="where to write it; the screen if left out")
    parser.add_argument(
        "--heading_level",
        type=int,
        choices=[1, 2, 3],
        default=1,
        help=r"1 (default): # or \section; 2: ## or \subsection; 3: ### or \subsubsection",
    )
    options = parser.parse_args(arguments)
    text = generate(options.format, options.heading_level)
    if options.output is None:
        sys.stdout.write(text)
    else:
        with open(options.output, "w", encoding="utf-8") as file:
            file.write(text)


if __name__ == "__main__":
    main()
