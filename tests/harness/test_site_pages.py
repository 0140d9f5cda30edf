"""The site as files: what stands in it, whatever the input; built anew it is the same; nothing else is harmed."""

import argparse
import json
import os
import re
import signal
import subprocess
import sys
from contextlib import nullcontext
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

import numpy as np
import pytest
from jinja2 import UndefinedError

from harness.errors import UsageError
from harness.gradebook.records import LateLine
from harness.results import TEST_STATUSES, SubmissionResult
from harness.site import command
from harness.site.build import build_site
from harness.site.charts import bins, histogram
from harness.site.class_facts import facts_of
from harness.site.class_page import verdict
from harness.site.folder import MARKER, replaced
from harness.site.inputs import ClassInput, code_of, submission_folder
from harness.site.item_statistics import Analysis, Item
from harness.site.pages import environment, page_parts, percent, plural
from harness.site.rows import Batch, gather
from tests.harness.site.sample import AT, ATTACKS, empty, failing, hostile, ordinary

ROOT = Path(__file__).resolve().parents[2]


class Elements(HTMLParser):
    """Elements with their attributes, and the raw text of scripts."""

    def __init__(self, text):
        super().__init__()
        self.found, self.scripts, self.open = [], [], ""
        self.feed(text)
        self.close()

    def handle_starttag(self, tag, attributes):
        self.found.append((tag, dict(attributes)))
        self.open = tag

    def handle_data(self, data):
        if self.open == "script":
            self.scripts.append(data)


@pytest.fixture(scope="module")
def attacked(tmp_path_factory):
    folder = tmp_path_factory.mktemp("hostile") / "out"
    given = hostile(folder)
    assert build_site(given, folder / "html", jobs=1) == []
    return given, folder / "html"


@pytest.fixture(scope="module")
def usual(tmp_path_factory):
    folder = tmp_path_factory.mktemp("usual") / "out"
    given = ordinary(folder, 30)
    build_site(given, folder / "html", jobs=1)
    return given, folder / "html"


def pages(site):
    return sorted(site.rglob("*.html"))


def test_there_is_a_page_for_everybody_whatever_the_id(attacked):
    _, site = attacked
    names = [path.name for path in (site / "students").iterdir()]
    assert len(names) == len(ATTACKS) == len({name.casefold() for name in names})
    assert all(len(name.encode()) < 100 and not set(name) & set('/\\<>:"|?*&%#') for name in names)
    assert {path.relative_to(site).parts[0] for path in site.rglob("*")} == {
        MARKER,
        "index.html",
        "students.html",
        "students",
        "plots",
    }


def test_nothing_hostile_becomes_markup_or_an_address(attacked):
    _, site = attacked
    for page in pages(site):
        elements = Elements(page.read_text(encoding="utf-8"))
        tags = {tag for tag, _ in elements.found}
        assert tags <= set(
            [
                "html",
                "head",
                "meta",
                "title",
                "style",
                "script",
                "body",
                "a",
                "header",
                "div",
                "span",
                "svg",
                "path",
                "nav",
                "button",
                "main",
                "section",
                "p",
                "h1",
                "h2",
                "h3",
                "dl",
                "dt",
                "dd",
                "bdi",
                "table",
                "caption",
                "thead",
                "tbody",
                "tr",
                "th",
                "td",
                "details",
                "summary",
                "b",
                "pre",
                "code",
                "ul",
                "li",
                "ol",
                "figure",
                "img",
                "figcaption",
                "footer",
                "rect",
                "g",
                "text",
                "desc",
                "noscript",
                "label",
                "input",
                "kbd",
                "select",
                "option",
                "i",
                "circle",
            ]
        ), page.name
        for tag, attributes in elements.found:
            assert not [name for name in attributes if name.startswith("on") or name == "style"], (
                page.name,
                tag,
            )
            for name in ("href", "src"):
                if name in attributes:
                    address = urlsplit(attributes[name])
                    assert not address.scheme and not address.netloc, attributes[name]
                    if address.path:
                        assert (page.parent / unquote(address.path)).resolve().is_file(), attributes[name]
                        assert (page.parent / unquote(address.path)).resolve().is_relative_to(site.resolve())


def test_each_page_allows_its_own_script_alone(attacked):
    _, site = attacked
    for page in pages(site):
        elements = Elements(page.read_text(encoding="utf-8"))
        policies = [a["content"] for tag, a in elements.found if tag == "meta" and "http-equiv" in a]
        assert len(policies) == 1
        assert (
            "default-src 'none'" in policies[0]
            and "unsafe" not in policies[0]
            and "script-src 'sha256-" in policies[0]
        )
        kinds = [attributes for tag, attributes in elements.found if tag == "script"]
        assert kinds == (
            [{}, {"type": "application/json", "id": "data"}] if page.name == "index.html" else [{}]
        )


def test_data_cannot_leave_its_element_and_comes_back_whole(attacked):
    given, site = attacked
    raw = (site / "index.html").read_text(encoding="utf-8")
    inner = raw.split('<script type="application/json" id="data">')[1].split("</script>")[0]
    assert not set(inner) & set("<>&\u2028\u2029") and inner.isascii()
    data = json.loads(inner)
    assert len(data["rows"]) == len(ATTACKS)
    assert ATTACKS[0] in {row[1] for row in data["rows"]}
    assert {len(row[10]) for row in data["rows"]} == {len(given.questions)}


def test_odd_characters_are_spelled_out_everywhere(attacked):
    _, site = attacked
    for page in pages(site):
        text = page.read_bytes().decode("utf-8")
        assert not set(text) & set("\u202e\u2066\u2028\u2029\x00\x1b"), page.name
        assert "{{ 7 * 7 }}" in text or "49" not in text


def test_pictures_are_copied_by_their_plain_names_only(attacked):
    given, site = attacked
    plots = {path.relative_to(site / "plots").as_posix() for path in (site / "plots").rglob("*.png")}
    assert plots == {f"{grade.submission}/loss.png" for grade in given.grades}


def test_a_failing_test_and_its_function_point_to_each_other(attacked):
    given, site = attacked
    page = (site / "students" / f"{given.files[0]}.html").read_text(encoding="utf-8")
    assert 'href="#c1-6"' in page and 'id="c1-6"' in page
    back = re.search(r'<span class="back">.*?</span>', page, re.DOTALL)
    assert back and 'href="#t1"' in back[0]
    ids = re.findall(r' id="([^"]*)"', page)
    assert len(ids) == len(set(ids))
    assert set(re.findall(r'href="#([^"]*)"', page)) <= set(ids)


def test_late_line_overrides_and_excuses_stand_on_the_page(attacked):
    given, site = attacked
    index = next(i for i, g in enumerate(given.grades) if g.student.id == "Case")
    text = (site / "students" / f"{given.files[index]}.html").read_text(encoding="utf-8")
    assert re.search(r'<tr class="late">.*?Late.*?−0\.25', text, re.DOTALL)
    assert "Total set by hand" in text and "Set by hand, Case" in text
    assert 'Not charged again: the same mistake as <a href="#t1">' in text
    assert "nobody &amp; co" in text


def test_the_same_class_gives_the_same_bytes_with_one_process_and_with_two(tmp_path):
    given = ordinary(tmp_path / "out", 45)
    build_site(given, tmp_path / "a", jobs=1)
    build_site(given, tmp_path / "b", jobs=2)
    first, second = (
        {p.relative_to(s): p.read_bytes() for p in s.rglob("*") if p.is_file()}
        for s in (tmp_path / "a", tmp_path / "b")
    )
    assert first == second and len(first) > 45


def test_a_class_of_nobody_has_a_page(tmp_path):
    build_site(empty(tmp_path / "out"), tmp_path / "html")
    text = (tmp_path / "html" / "index.html").read_text(encoding="utf-8")
    assert "No student has a total yet." in text


def test_a_result_that_cannot_be_read_costs_only_its_details(tmp_path):
    given = ordinary(tmp_path / "out", 12)
    victim = given.grades[3].submission
    (tmp_path / "out" / victim / "results.json").write_text("{", encoding="utf-8")
    (sentence,) = build_site(given, tmp_path / "html")
    assert victim in sentence and "grade this submission again" in sentence
    assert sentence in (tmp_path / "html" / "index.html").read_text(encoding="utf-8")
    page = (tmp_path / "html" / "students" / f"{given.files[3]}.html").read_text(encoding="utf-8")
    assert "No details." in page and "Points by question" in page


def test_a_submission_name_that_leads_out_of_the_folder_is_refused(tmp_path):
    for name in ("..", ".", "", "a/b", "/etc", "a\0b"):
        with pytest.raises(UsageError, match="no name of a submission"):
            submission_folder(tmp_path, name)
    given = ordinary(tmp_path / "out", 2)
    given = replace(given, grades=(replace(given.grades[0], submission="../out"), given.grades[1]))
    assert len(build_site(given, tmp_path / "html")) == 1
    assert sorted(os.listdir(tmp_path)) == ["html", "out"]


def test_links_and_large_files_among_the_code_are_left_out(tmp_path):
    code = tmp_path / "s" / "code"
    (code / "layers").mkdir(parents=True)
    (code / "layers" / "a.py").write_text("x = 1", encoding="utf-8")
    (code / "big.py").write_bytes(b"#" * 400_000)
    (code / "link.py").symlink_to("/etc/passwd")
    (code / "up").symlink_to("/etc")
    assert code_of(tmp_path, "s") == ([("layers/a.py", "x = 1")], 1)


def test_a_folder_with_other_files_is_left_alone(tmp_path):
    given = ordinary(tmp_path / "out", 1)
    target = tmp_path / "home"
    target.mkdir()
    (target / "thesis.txt").write_text("years", encoding="utf-8")
    with pytest.raises(UsageError, match="holds files that this command did not write"):
        build_site(given, target)
    assert [p.name for p in target.iterdir()] == ["thesis.txt"]
    (tmp_path / "link").symlink_to(target)
    with pytest.raises(UsageError, match="must be a folder"):
        build_site(given, tmp_path / "link")


def test_an_earlier_site_is_replaced_whole(tmp_path):
    build_site(ordinary(tmp_path / "one", 3), tmp_path / "html")
    before = {p.name for p in (tmp_path / "html" / "students").iterdir()}
    build_site(ordinary(tmp_path / "two", 2), tmp_path / "html")
    after = {p.name for p in (tmp_path / "html" / "students").iterdir()}
    assert len(before) == 3 and len(after) == 2
    assert sorted(p.name for p in tmp_path.iterdir()) == ["html", "one", "two"]


def test_a_report_that_breaks_off_leaves_the_old_site(tmp_path):
    build_site(ordinary(tmp_path / "one", 2), tmp_path / "html")
    before = (tmp_path / "html" / "index.html").read_bytes()

    def stopped(count):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        build_site(ordinary(tmp_path / "two", 2), tmp_path / "html", advance=stopped)
    assert (tmp_path / "html" / "index.html").read_bytes() == before
    assert sorted(p.name for p in tmp_path.iterdir()) == ["html", "one", "two"]


def test_a_kill_leaves_the_old_site_and_the_next_report_clears_up(tmp_path):
    target = tmp_path / "html"
    build_site(ordinary(tmp_path / "one", 2), target)
    before = (target / "index.html").read_bytes()
    code = "import os, signal, sys; from pathlib import Path; from harness.site.folder import replaced\n"
    code += "with replaced(Path(sys.argv[1])): os.kill(os.getpid(), signal.SIGKILL)"
    done = subprocess.run([sys.executable, "-c", code, target], cwd=ROOT, check=False)
    assert done.returncode == -signal.SIGKILL
    assert (target / "index.html").read_bytes() == before
    assert len(list(tmp_path.glob(".html.new-*"))) == 1
    build_site(ordinary(tmp_path / "two", 3), target)
    assert sorted(p.name for p in tmp_path.iterdir()) == ["html", "one", "two"]
    assert len(list((target / "students").iterdir())) == 3


def test_what_a_killed_report_left_is_cleared_and_what_another_one_builds_is_not(tmp_path):
    target = tmp_path / "html"
    for name in (".html.new-deadbeef", ".html.other"):
        (tmp_path / name).mkdir()
        (tmp_path / name / MARKER).touch()
    with replaced(target), replaced(target):
        assert not (tmp_path / ".html.new-deadbeef").exists()
        assert (tmp_path / ".html.other").exists()
        assert len([p for p in tmp_path.iterdir() if ".new-" in p.name]) == 2


def test_a_kill_between_the_two_renames_is_mended_by_the_next_report(tmp_path):
    old = tmp_path / ".html.old-deadbeef"
    old.mkdir()
    (old / MARKER).touch()
    (old / "index.html").write_text("old", encoding="utf-8")
    with pytest.raises(RuntimeError), replaced(tmp_path / "html"):
        raise RuntimeError
    assert (tmp_path / "html" / "index.html").read_text(encoding="utf-8") == "old"


def test_a_template_escapes_and_refuses_names_that_are_missing():
    env = environment()
    assert env.from_string("{{ x }}").render(x="<b>\u202e") == "&lt;b&gt;\\u202e"
    with pytest.raises(UndefinedError):
        env.from_string("{{ missing }}").render()
    page = env.from_string(
        '{% extends "base.html.j2" %}{% block title %}T{% endblock %}{% block main %}M{% endblock %}'
    )
    assert "<title>T</title>" in page.render(**page_parts())


def test_templates_of_another_folder_extend_the_frame(tmp_path):
    (tmp_path / "mine.html.j2").write_text(
        '{% extends "base.html.j2" %}{% block title %}{{ t }}{% endblock %}{% block main %}{% endblock %}'
    )
    assert "<title>&lt;i&gt;</title>" in environment(tmp_path).get_template("mine.html.j2").render(
        t="<i>", **page_parts()
    )


def test_shares_are_only_whole_when_they_are():
    assert [percent(x) for x in (0, 0.001, 0.5, 0.999, 1)] == ["0%", "<1%", "50%", ">99%", "100%"]
    assert [plural(1, "student"), plural(5000, "student")] == ["1 student", "5,000 students"]


def test_every_total_is_in_one_bin_whatever_the_range():
    for values, maximum in (([0, 0.5, 60, 59.99], 60), ([0], 0), ([70.5, 3], 56), ([0.1] * 9, 1), ([], 10)):
        parts = bins(values, maximum)
        assert sum(part.count for part in parts) == len(values)
        assert parts[0].low == 0 and parts[-1].high >= max([maximum, *values])
        assert [a.high for a in parts[:-1]] == [b.low for b in parts[1:]]
        assert len(parts) <= 25


def test_bars_stand_on_the_axis_and_stay_inside():
    chart = histogram(bins([1, 2, 2, 9, 10], 10), 4.8, 2.0, 560, 300)
    for bar in chart.bars:
        assert chart.left <= bar.x and bar.x + bar.width <= chart.right
        assert bar.y + bar.height == pytest.approx(chart.base)
    assert chart.mean > chart.median


def test_the_words_for_mean_and_median_never_lie_over_each_other_or_leave_the_chart():
    for size in ((560, 300), (340, 240)):
        for mean in np.linspace(0, 60, 41):
            for median in np.linspace(0, 60, 41):
                chart = histogram(bins([60], 60), float(mean), float(median), *size)
                spans = [label.span for label in chart.labels]
                assert all(low >= 0 and high <= size[0] for low, high in spans), (size, mean, median)
                said = ", ".join(label.text for label in chart.labels)
                assert said.count("mean") == said.count("median") == 1
                assert len(spans) == 1 or spans[0][1] < spans[1][0], (size, mean, median)


def test_mean_and_median_have_a_label_each_where_there_is_room_and_share_one_at_the_rim():
    def texts(mean, median):
        return [label.text for label in histogram(bins([60], 60), mean, median, 560, 300).labels]

    assert texts(30, 31) == ["mean 30", "median 31"]
    assert texts(59, 60) == ["mean 59, median 60"]
    assert texts(0.5, 0.5) == ["mean 0.5, median 0.5"]
    assert histogram(bins([1], 1), None, None, 560, 300).labels == ()


def a_class_of(folder, grade, result):
    """The site of one student, and the texts of the class page, the list and the student's page."""
    given = ordinary(folder / "out", 1)
    grade = replace(given.grades[0], **grade)
    result = replace(given.result(grade), **result)
    (folder / "out" / grade.submission / "results.json").write_text(
        json.dumps(result.to_dict()), encoding="ascii"
    )
    given = replace(given, grades=(grade,))
    build_site(given, folder / "html", jobs=1)
    paths = ("index.html", "students.html", f"students/{given.files[0]}.html")
    return given, [(folder / "html" / path).read_text(encoding="utf-8") for path in paths]


def a_test_that_passed(number):
    return failing("a", number, status="passed", points=1.0, hint="")


@pytest.mark.parametrize(("count", "words"), [(10, "10 of 10 tests"), (1, "1 of 1 test")])
def test_a_flawless_student_reads_that_all_tests_passed(tmp_path, count, words):
    tests = [a_test_that_passed(number) for number in range(count)]
    _, (_, _, page) = a_class_of(tmp_path, {}, {"tests": tests})
    assert f'Everything passed</h2>\n<p class="soft">{words}</p>' in page


def test_who_did_not_pass_everything_reads_how_many_and_what_was_excused(tmp_path):
    tests = [a_test_that_passed(0), failing("a", 1), failing("a", 2, charged_to="test_a.py::test_1[a]")]
    _, (_, _, page) = a_class_of(tmp_path, {}, {"tests": tests})
    assert "What did not pass" in page
    assert "1 test of 3, and 1 more for the same mistakes, not charged again" in page


def test_late_within_the_grace_is_text_and_neither_a_figure_nor_counted(tmp_path):
    line = LateLine(AT, AT, 60.0, 0.0, "1 min late: within the grace of 10 min: nothing off")
    given, (index, listed, page) = a_class_of(tmp_path, {"late": line}, {})
    assert facts_of(given, gather(_batches(given), 1)).counts["late"] == 0
    assert "<b>0</b> late, points off" in index
    assert '<td class="num">none off</td>' in listed
    assert line.text in page and "none off" in page
    assert "−0" not in index + listed + page
    row = json.loads(index.split('id="data">')[1].split("</script>")[0])["rows"][0]
    assert row[5] == 0 and not row[6] & 4


def test_who_loses_points_for_being_late_is_counted_and_who_was_in_time_has_no_line(tmp_path):
    line = LateLine(AT, AT, 60.0, 0.5, "1 min late: 0.5 points off")
    given, (index, listed, page) = a_class_of(tmp_path / "late", {"late": line}, {})
    assert facts_of(given, gather(_batches(given), 1)).counts["late"] == 1
    assert "−0.5" in listed and "−0.5" in page and "none off" not in listed + page
    row = json.loads(index.split('id="data">')[1].split("</script>")[0])["rows"][0]
    assert row[5] == 0.5 and row[6] & 4
    _, (index, _, _) = a_class_of(tmp_path / "in time", {"late": None}, {})
    assert json.loads(index.split('id="data">')[1].split("</script>")[0])["rows"][0][5] is None


def test_a_question_that_was_not_selected_reads_not_graded(tmp_path):
    whole = ordinary(tmp_path / "whole", 1).grades[0].questions
    first = next(iter(whole))
    given, (index, _, page) = a_class_of(tmp_path, {"questions": {first: whole[first]}}, {})
    others = len(given.questions) - 1
    assert others and index.count("not graded</td>") == page.count("not graded</td>") == others
    assert "no points to be had" not in index


def test_a_question_without_points_still_reads_so(tmp_path):
    whole = ordinary(tmp_path / "whole", 1).grades[0].questions
    questions = {name: (0.0, 0.0) if place == 0 else pair for place, (name, pair) in enumerate(whole.items())}
    _, (index, _, _) = a_class_of(tmp_path, {"questions": questions, "status": "graded"}, {})
    assert index.count("no points to be had") == 1


def test_rows_of_different_assignments_fit_into_one_table():
    one, two = Batch(), Batch()

    def made(*tests):
        return SubmissionResult("a", "s", 1, "t", tests=list(tests))

    one.add(0, made(failing("a", status="passed", points=1.0)))
    two.add(1, made(failing("b"), failing("a")))
    first, second = gather([one, two], 3), gather([two, one], 3)
    assert [t.id for t in first.tests] == [t.id for t in second.tests]
    assert np.array_equal(first.points, second.points, equal_nan=True)
    assert np.array_equal(first.points, [[1, np.nan], [0, 0], [np.nan, np.nan]], equal_nan=True)
    assert first.hints == {("a", "a"): [1], ("b", "b"): [1]}
    assert TEST_STATUSES[first.statuses[0, 0]] == "passed"


def test_the_class_figures_leave_out_who_has_no_score(usual):
    given, _ = usual
    table = gather(_batches(given), len(given.grades))
    facts = facts_of(given, table)
    totals = [g.total for g in given.grades if g.total is not None]
    assert facts.mean == pytest.approx(np.mean(totals)) and facts.median == np.median(totals)
    assert facts.counts["late"] == sum(g.late is not None and g.late.deduction > 0 for g in given.grades)
    graded = [g for g in given.grades if g.status == "graded"]
    for question in facts.questions:
        shares = [g.questions[question.id][0] / 6 for g in graded]
        assert question.mean == pytest.approx(np.mean(shares))
        assert question.full == pytest.approx(np.mean([share == 1 for share in shares]))
        assert question.full + question.some + question.none == pytest.approx(1)
    hardest = facts.hardest[0]
    results = [given.result(g) for g in graded]
    passed = [next(t.status for t in r.tests if t.id == hardest.facts.id) == "passed" for r in results]
    assert hardest.passed == pytest.approx(np.mean(passed))
    assert facts.hints[0].students.count == max(hint.students.count for hint in facts.hints)


def test_a_hint_is_counted_once_a_student_and_not_where_it_was_excused():
    batch = Batch()
    tests = [failing("a", 1, hint="h"), failing("a", 2, hint="h"), failing("a", 3, hint="i", charged_to="x")]
    batch.add(0, SubmissionResult("a", "s", 1, "t", tests=tests))
    assert gather([batch], 1).hints == {("a", "h"): [0]}


def test_students_are_in_the_order_of_their_ids_and_ids_that_differ_in_case_have_pages_of_their_own(tmp_path):
    given = hostile(tmp_path)
    ids = [g.student.id for g in given.grades]
    assert ids == sorted(ids)
    files = dict(zip(ids, given.files, strict=True))
    assert len({files[name].casefold() for name in ("Case", "case", "CASE")}) == 3


def _batches(given: ClassInput):
    batch = Batch()
    for index, grade in enumerate(given.grades):
        batch.add(index, given.result(grade))
    return [batch]


@pytest.mark.parametrize(
    ("difficulty", "discrimination", "students", "words"),
    [
        (0.5, 0.5, 40, "works well"),
        (0.5, 0.25, 40, "fair"),
        (0.5, 0.1, 40, "tells little"),
        (0.5, -0.1, 40, "check it: weaker students did better"),
        (0.5, -0.1, 20, "tells little"),
        (0.97, 0.1, 40, "easy"),
        (0.1, 0.5, 40, "hard"),
        (0.5, None, 40, ""),
        (0.97, 0.5, 9, ""),
    ],
)
def test_an_item_is_read_for_people_and_not_where_few_students_tell_little(
    difficulty, discrimination, students, words
):
    analysis = Analysis(students, (), 0.8, (0.7, 0.9), "")
    assert verdict(Item(difficulty, discrimination, None), analysis)[1] == words


def test_the_list_without_scripts_names_everybody(usual):
    given, site = usual
    text = (site / "students.html").read_text(encoding="utf-8")
    assert text.count('<th scope="row">') == len(given.grades)
    assert all(f"students/{Path(name).name}.html" in text for name in given.files)


def options(*words):
    parser = argparse.ArgumentParser()
    command.add_arguments(parser)
    return parser.parse_args([str(word) for word in words])


class Book:
    """As much of a gradebook as the command asks for."""

    def __init__(self, given):
        self.assignment, self._given = given, given

    def grades(self):
        return list(self._given.grades)

    def runs(self):
        return list(self._given.runs)


def test_the_command_writes_the_site_beside_the_results_and_says_where(tmp_path, monkeypatch, capsys):
    from harness.gradebook.book import Gradebook

    given = ordinary(tmp_path / "out", 3)
    (tmp_path / "out" / given.grades[1].submission / "results.json").unlink()
    monkeypatch.setattr(Gradebook, "open", lambda folder: nullcontext(Book(given)))
    assert command.run(options(tmp_path / "out")) == 0
    told = capsys.readouterr().out.splitlines()
    assert len(told) == 2 and "grade this submission again" in told[0]
    assert told[1] == f"3 students: open {tmp_path / 'out' / 'html' / 'index.html'} in a browser"
    assert command.run(options(tmp_path / "out", "--to", tmp_path / "site", "--jobs", "2")) == 0
    assert (tmp_path / "site" / "index.html").read_bytes() == (
        tmp_path / "out" / "html" / "index.html"
    ).read_bytes()


def test_a_folder_that_was_never_graded_is_bad_input(tmp_path):
    with pytest.raises(UsageError, match=re.escape(str(tmp_path))):
        command.run(options(tmp_path))


@pytest.mark.parametrize("jobs", ["0", "-1", "two", "1e3", "9" * 40])
def test_jobs_must_be_a_whole_number(jobs, capsys):
    with pytest.raises(SystemExit):
        options("out", "--jobs", jobs)
    assert "--jobs" in capsys.readouterr().err
