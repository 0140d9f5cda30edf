"""LaTeX for tests: whether a text compiles where a student would put it."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

PDFLATEX = shutil.which("pdflatex")
needs_pdflatex = pytest.mark.skipif(PDFLATEX is None, reason="pdflatex is not installed (texlive-latex-base)")


def compiled(body: str, folder: Path) -> str:
    r"""Run pdflatex twice over an article that needs no package and `\input`s the body; returns its last log."""
    (folder / "appendix.tex").write_text(body, encoding="utf-8")
    (folder / "main.tex").write_text(
        "\\documentclass{article}\n\\begin{document}\n\\tableofcontents\n\\input{appendix}\nThe end.\n\\end{document}\n"
    )
    assert PDFLATEX is not None
    for _ in range(2):
        done = subprocess.run(
            [PDFLATEX, "-interaction=nonstopmode", "-halt-on-error", "-no-shell-escape", "main.tex"],
            cwd=folder,
            capture_output=True,
            text=True,
            errors="replace",
            check=False,
            env={**os.environ, "max_print_line": "1000"},
        )
        assert done.returncode == 0, done.stdout[-2000:]
    return done.stdout
