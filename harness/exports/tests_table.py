"""Every test of every student as one long table: CSV, and Parquet where pyarrow is installed."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import astuple, dataclass, fields
from pathlib import Path

from harness.errors import GraderFault, UsageError
from harness.gradebook.records import Grade
from harness.report.grades_csv import line
from harness.report.text_report import name_of
from harness.results import SubmissionResult
from harness.text import one_line

ROWS_A_BATCH = 20_000


@dataclass(frozen=True)
class TestRow:
    """What one test, or one mark by hand, gave one student. `points` is None where nobody has marked it yet."""

    __test__ = False  # not a pytest class

    student: str
    name: str
    section: str
    submission: str
    question: str
    test: str
    title: str
    visibility: str
    status: str
    points: float | None
    max_points: float
    charged_to: str
    duration_s: float
    cpu_s: float
    memory_mib: int


COLUMNS = tuple(field.name for field in fields(TestRow))


def rows(grades: Iterable[Grade], result_of: Callable[[Grade], SubmissionResult]) -> Iterator[TestRow]:
    """The table, student by student: tests in the order in which they ran, then marks by hand."""
    for grade in grades:
        result = result_of(grade)
        who = (
            one_line(grade.student.id),
            one_line(grade.student.name),
            one_line(grade.student.section),
            one_line(grade.submission),
        )
        faulty = result.score is None
        for t in result.tests:
            yield TestRow(
                *who,
                one_line(t.question),
                one_line(t.id),
                name_of(t),
                t.visibility,
                t.status,
                None if faulty else t.points,
                t.max_points,
                one_line(t.charged_to or ""),
                t.duration_s,
                t.cpu_s,
                t.memory_mib,
            )
        for m in result.by_hand:
            status = "not marked" if m.points is None else "marked"
            yield TestRow(
                *who,
                one_line(m.question),
                one_line(f"by hand: {m.id}"),
                one_line(m.title),
                "by hand",
                status,
                m.points,
                m.max_points,
                "",
                0.0,
                0.0,
                0,
            )


def csv_chunks(table: Iterable[TestRow]) -> Iterator[str]:
    """The table as CSV, line by line; no cell is a formula."""
    yield line(COLUMNS)
    for row in table:
        yield line(astuple(row))


def write_parquet(table: Iterable[TestRow], path: Path) -> int:
    """The table as Parquet, in batches, so that a large class needs no more memory than a small one.

    Returns:
        The number of rows.

    Raises:
        UsageError: If pyarrow is not installed.
    """
    try:
        import pyarrow as pa
        import pyarrow.parquet as pq
    except ImportError:
        raise UsageError(
            "Parquet needs the package pyarrow: .venv/bin/python -m pip install pyarrow; `export csv` needs nothing"
        ) from None
    kinds = {"float": pa.float64(), "float | None": pa.float64(), "int": pa.int64()}
    schema = pa.schema([(f.name, kinds.get(_kind(f.type), pa.string())) for f in fields(TestRow)])
    count, batch = 0, []
    try:
        with pq.ParquetWriter(path, schema, compression="zstd") as writer:
            for row in table:
                batch.append(row)
                if len(batch) == ROWS_A_BATCH:
                    writer.write_table(_table(pa, batch, schema))
                    count, batch = count + len(batch), []
            writer.write_table(_table(pa, batch, schema))
    except pa.ArrowException as e:
        raise GraderFault(f"{path} cannot be written as Parquet: {e}") from None
    return count + len(batch)


def _kind(annotation: object) -> str:
    return annotation.__name__ if isinstance(annotation, type) else str(annotation)


def _table(pa: object, batch: list[TestRow], schema: object) -> object:
    columns = list(zip(*map(astuple, batch))) or [()] * len(COLUMNS)
    arrays = [pa.array(column, type=f.type) for column, f in zip(columns, schema)]  # type: ignore[attr-defined,call-overload]
    return pa.Table.from_arrays(arrays, schema=schema)  # type: ignore[attr-defined]
