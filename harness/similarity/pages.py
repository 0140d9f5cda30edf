"""The HTML of `grader.py similar`: a ranked index, and a side-by-side page for each listed pair."""

import re
from collections.abc import Iterator
from pathlib import Path

from jinja2 import Environment

from harness.report.files import write_whole
from harness.similarity.classwide import Similar
from harness.similarity.fingerprints import K
from harness.similarity.likeness import Likeness, Region
from harness.similarity.side import side
from harness.similarity.table import csv, pages_of, percent, summary
from harness.site.pages import environment, page_parts

_HERE = Path(__file__).parent
CSV = "similarity.csv"
_OURS = re.compile(r"(pair|together)-\d{4,}\.html")
_MATCHES = 200  # in the list above the code; the code shows all


def write_pages(found: Similar, folder: Path) -> Path:
    """Write index.html, similarity.csv and a page for each pair; pages of an earlier call that are not listed any more go.

    Returns:
        The index.
    """
    folder.mkdir(parents=True, exist_ok=True)
    templates = environment(_HERE / "templates")
    parts = page_parts(styles=(str(_HERE / "static" / "similarity.css"),))
    listed = list(pages_of(found))
    for path in folder.iterdir():
        if _OURS.fullmatch(path.name) and path.name not in {page for _, _, page in listed}:
            path.unlink()
    for pair, together, page in listed:
        write_whole(folder / page, pair_page(found, pair, together, templates, parts).encode("utf-8"))
    write_whole(folder / CSV, csv(found).encode("utf-8"))
    rows = [_row(found, pair, page) for pair, together, page in listed if not together]
    apart = [_row(found, pair, page) for pair, together, page in listed if together]
    text = templates.get_template("similarity_index.html.j2").render(
        parts,
        title=found.title,
        sentences=summary(found),
        rows=rows,
        apart=apart,
        threshold=percent(found.threshold),
        k=K,
        csv=CSV,
    )
    index = folder / "index.html"
    write_whole(index, text.encode("utf-8"))
    return index


def pair_page(
    found: Similar, pair: Likeness, together: bool, templates: Environment, parts: dict[str, object]
) -> str:
    """One pair, side by side."""
    return templates.get_template("similarity_pair.html.j2").render(
        parts,
        title=found.title,
        row=_row(found, pair, ""),
        together=together,
        sides=[
            _side(found, pair.left, pair.left_regions, "left", "right", pair.left_share),
            _side(found, pair.right, pair.right_regions, "right", "left", pair.right_share),
        ],
        matches=list(_matches(found, pair))[:_MATCHES],
        count=len({region.number for region in pair.left_regions}),
    )


def _row(found: Similar, pair: Likeness, page: str) -> dict[str, object]:
    return {
        "page": page,
        "left": found.entries[pair.left].name,
        "right": found.entries[pair.right].name,
        "share": percent(pair.share),
        "width": round(pair.share * 100, 1),
        "left_share": percent(pair.left_share),
        "right_share": percent(pair.right_share),
        "left_lines": pair.left_lines,
        "right_lines": pair.right_lines,
    }


def _side(
    found: Similar, number: int, regions: tuple[Region, ...], here: str, there: str, share: float
) -> dict[str, object]:
    files = side(found.prints[number], regions)
    name = found.entries[number].name
    return {"name": name, "here": here, "there": there, "share": percent(share), "files": files}


def _matches(found: Similar, pair: Likeness) -> Iterator[dict[str, object]]:
    """Each match with the place of its first region on either side."""
    firsts = []
    for number, regions in ((pair.left, pair.left_regions), (pair.right, pair.right_regions)):
        sources = found.prints[number].sources
        firsts.append({r.number: f"{sources[r.file].name}, line {r.line}" for r in reversed(regions)})
    for number in sorted(firsts[0]):
        yield {"number": number, "left": firsts[0][number], "right": firsts[1][number]}
