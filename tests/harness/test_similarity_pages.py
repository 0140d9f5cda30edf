"""The table, similarity.csv and the pages of `grader.py similar`: complete, linked, and inert whatever stands in them."""

import argparse
import csv
import io
import re
from html.parser import HTMLParser

import pytest
from rich.console import Console

from harness.assignment import ROOT
from harness.errors import UsageError
from harness.gradebook.records import Grade, Student
from harness.report.grades_csv import uncell
from harness.similarity import command
from harness.similarity.boilerplate import boilerplate
from harness.similarity.classwide import find_similar
from harness.similarity.pages import write_pages
from harness.similarity.reading import entries_of
from harness.similarity.table import percent, show
from tests.harness.two_runs import a_gradebook, a_test

EVIL = "=HYPERLINK(1) <script>alert(1)</script>"
BIDI = "eve\u202etxt.exe"
CODE = """\
def work(rows):
    best = None
    for number, row in enumerate(rows):
        value = sum(x * x for x in row) / len(row)
        if best is None or value < best[1]:
            best = (number, value)
    print("</script><script>alert(2)</script>\u202e <img src=x onerror=alert(3)>")
    return {"number": best[0], "value": best[1], "all": [sorted(row)[0] for row in rows]}


def again(a, b):
    while abs(a - b) > 1e-9:
        a, b = (a + b) / 2, a - (a - b) ** 2 / 8
    return round(a, 6), f"{a!r}</pre>", max(a, b) if a else min(a, b) or None
"""


class Page(HTMLParser):
    """Tags with their attributes, and the text of each element named."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        self.tags.append((tag, dict(attributes)))

    def handle_data(self, data):
        self.text += data

    def of(self, tag):
        return [attributes for name, attributes in self.tags if name == tag]


def grade(name: str, *members: str, submission: str | None = None) -> Grade:
    return Grade(
        Student(name),
        name if submission is None else submission,
        "graded",
        "",
        1,
        1,
        0,
        1,
        members=members or (name,),
    )


def found_in(out, grades, **options):
    for each in grades:
        (out / each.submission / "code" / "deep").mkdir(parents=True, exist_ok=True)
        (out / each.submission / "code" / "deep" / "hw.py").write_text(CODE)
        (out / each.submission / "code" / "none.py").write_text("pass\n")
    return find_similar(entries_of(grades, out), boilerplate([]), title="<b>Nets</b>", **options)


@pytest.fixture
def written(tmp_path):
    found = found_in(tmp_path / "out", [grade("ann"), grade(EVIL.replace("/", "|")), grade(BIDI)])
    write_pages(found, tmp_path / "pages")
    return tmp_path / "pages"


def test_each_pair_has_a_page_and_the_index_links_to_all_of_them(written):
    index = Page((written / "index.html").read_text())
    links = [a["href"] for a in index.of("a") if a.get("href", "").startswith("pair-")]
    assert links == ["pair-0001.html", "pair-0002.html", "pair-0003.html"]
    assert sorted(p.name for p in written.iterdir()) == ["index.html", *links, "similarity.csv"]
    assert "A likeness is not a verdict." in index.text


def test_links_between_the_sides_lead_to_places_that_are_there(written):
    page = Page((written / "pair-0001.html").read_text())
    places = [attributes["id"] for _, attributes in page.tags if "id" in attributes]
    assert len(places) == len(set(places))
    targets = {a["href"][1:] for a in page.of("a") if a["href"].startswith("#")}
    assert targets <= set(places)
    assert {"left-1", "right-1"} <= targets


def test_nothing_of_a_submission_becomes_markup(written):
    for path in written.glob("*.html"):
        text = path.read_text()
        page = Page(text)
        assert len(page.of("script")) == 1, path.name  # the page's own
        assert not page.of("img")
        assert not page.of("b")
        assert "\u202e" not in text
        assert "script-src 'sha256-" in page.of("meta")[1]["content"]
        assert not [
            a for _, attributes in page.tags for a in attributes if a.startswith("on") or a == "style"
        ]


def test_a_page_shows_the_code_with_line_numbers_and_marks(written):
    page = Page((written / "pair-0001.html").read_text())
    assert "value = sum(x * x for x in row) / len(row)" in page.text
    assert "Nothing in common: none.py" in page.text
    assert {m["class"] for m in page.of("mark")} == {"m1"}
    assert [s["data-n"] for s in page.of("span") if "data-n" in s][:3] == ["1", "2", "3"]


def test_the_csv_is_inert_and_complete(written):
    rows = list(csv.DictReader(io.StringIO((written / "similarity.csv").read_text())))
    assert [row["rank"] for row in rows] == ["1", "2", "3"]
    assert rows[0]["left"].startswith("'=")
    assert uncell(rows[0]["left"]).startswith("=HYPERLINK")
    assert rows[0]["share"] == "1"
    assert rows[2]["page"] == "pair-0003.html"


def test_group_members_are_one_submission_or_listed_apart(tmp_path):
    group = [grade("ann", "ann", "bob", submission="g1"), grade("bob", "ann", "bob", submission="g1")]
    found = found_in(tmp_path / "out", [*group, grade("cleo", "cleo", "bob")])
    assert [entry.name for entry in found.entries] == ["cleo", "g1"]
    assert not found.pairs
    write_pages(found, tmp_path / "pages")
    assert "Somebody belongs to both" in (tmp_path / "pages" / "together-0001.html").read_text()
    assert "Of the same people" in (tmp_path / "pages" / "index.html").read_text()


def test_pages_of_an_earlier_call_go_and_other_files_stay(written, tmp_path):
    (written / "pair-0007.html").write_text("old")
    (written / "mine.txt").write_text("keep")
    write_pages(found_in(tmp_path / "two", [grade("ann"), grade("bob")]), written)
    names = sorted(p.name for p in written.iterdir())
    assert names == ["index.html", "mine.txt", "pair-0001.html", "similarity.csv"]


@pytest.mark.parametrize("terminal", [True, False], ids=["terminal", "pipe"])
def test_the_table_names_pairs_and_shares_and_no_markup_is_read(tmp_path, terminal):
    found = found_in(tmp_path, [grade("[red]ann"), grade("bob\x1b[31m"), *(grade(f"s{n}") for n in range(6))])
    said = io.StringIO()
    show(found, "pages/index.html", Console(file=said, force_terminal=terminal, width=120, no_color=True))
    text = said.getvalue()
    assert "[red]ann" in text
    assert "\x1b[31m" not in text
    assert len(re.findall("100%", text)) == 20
    assert "8 more pairs in similarity.csv" in text
    assert "It says that two are alike, not why" in text


def test_a_share_is_rounded_down():
    assert [percent(s) for s in (0.999, 1.0, 0.29, 0.005)] == ["99%", "100%", "29%", "0%"]


def options(*arguments: str) -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    command.add_arguments(parser)
    parsed = parser.parse_args(arguments)
    parsed.root = ROOT
    return parsed


@pytest.fixture
def gradebook(tmp_path):
    """A graded class of two equal submissions."""
    out = a_gradebook(tmp_path / "out", [{"ann": [a_test("a", 1)], "bob": [a_test("a", 1)]}])
    found_in(out, [grade("ann"), grade("bob")])
    return out


def test_a_name_that_leads_out_of_the_folder_is_no_submission(tmp_path):
    grades = [
        grade("ann"),
        grade("eve", submission="../ann"),
        grade("fay", submission=".."),
        grade("gil", submission=""),
    ]
    assert [entry.name for entry in entries_of(grades, tmp_path)] == ["ann"]


def test_the_command_prints_and_writes(gradebook, capsys):
    assert command.run(options(str(gradebook))) == 0
    said = capsys.readouterr().out
    assert " 100%" in said
    assert "Compared: 2 submissions; 1 pair at or above 50%" in said
    assert (gradebook / "similarity" / "pair-0001.html").exists()


def test_the_command_compares_with_another_class(gradebook, tmp_path, capsys):
    found_in(tmp_path / "last year", [grade("zoe")])
    assert (
        command.run(
            options(str(gradebook), "--also", str(tmp_path / "last year"), "--to", str(tmp_path / "x"))
        )
        == 0
    )
    assert "last year/zoe" in capsys.readouterr().out
    assert (tmp_path / "x" / "index.html").exists()


def test_a_folder_that_is_a_submissions_own_is_left_alone(gradebook):
    (gradebook / "similarity").mkdir()
    (gradebook / "similarity" / "results.json").write_text("{}")
    with pytest.raises(UsageError, match="--to"):
        command.run(options(str(gradebook)))


@pytest.mark.parametrize("folder", ["nowhere", "out", "empty"])
def test_another_class_that_is_none_is_one_sentence(gradebook, tmp_path, folder):
    (tmp_path / "empty").mkdir()
    with pytest.raises(UsageError, match="name"):
        command.run(options(str(gradebook), "--also", str(tmp_path / folder)))


@pytest.mark.parametrize(
    "bad", [["--top", "0"], ["--top", "x"], ["--threshold", "nan"], ["--threshold", "2"]]
)
def test_bad_options_are_refused(bad, capsys):
    with pytest.raises(SystemExit):
        options("out", *bad)
    assert "must be a" in capsys.readouterr().err
