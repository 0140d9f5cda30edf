"""Being late costs what the manifest says, in elapsed time, and is a line of its own."""

import shutil
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness import assignment
from harness.errors import UsageError
from harness.gradebook.records import Attempt, Student
from harness.late import NO_TIME, Amount, Extensions, LatePolicy, choose, late_line
from harness.late.attempts import place_of_choice

CET = timezone(timedelta(hours=1))
DUE = datetime(2026, 11, 20, 23, 59, tzinfo=CET)
BERLIN = ZoneInfo("Europe/Berlin")


def policy(**changes) -> LatePolicy:
    return LatePolicy(**{"due": DUE, "deduction": Amount(10, percent=True), **changes})


def line(late: timedelta, score: float | None = 80.0, max_points: float = 100.0, extension=None, **changes):
    return late_line(policy(**changes), DUE + late, extension, score, max_points)


# The manifest


def load(tmp_path: Path, table: str):
    """binary_mlp's manifest with a `[late]` table."""
    folder = tmp_path / "tests" / "binary_mlp"
    folder.mkdir(parents=True)
    shutil.copy(assignment.ROOT / "tests" / "binary_mlp" / assignment.MANIFEST, folder)
    with (folder / assignment.MANIFEST).open("a") as file:
        file.write(f"\n[late]\n{table}\n")
    return assignment.load("binary_mlp", tmp_path).late


def test_a_manifest_without_a_policy_has_none():
    """As the assignments of the project are."""
    assert [assignment.load(name).late for name in assignment.names()] == [None] * len(assignment.names())


def test_a_whole_policy(tmp_path):
    """All keys, with their units."""
    text = (
        'due = 2026-11-20T23:59:00+01:00\ngrace_minutes = 10\ndeduction = "10%"\nper = "hour"\ncap = 12.5\n'
        'closes_after_days = 5\nattempt = "best"'
    )
    assert load(tmp_path, text) == LatePolicy(
        DUE, Amount(10, True), "hour", timedelta(minutes=10), Amount(12.5), timedelta(days=5), "best"
    )


def test_the_shortest_policy(tmp_path):
    """Days begun, no grace, no cap, never closed, and the latest attempt counts."""
    assert load(tmp_path, "due = 2026-11-20T23:59:00+01:00\ndeduction = 5") == LatePolicy(DUE, Amount(5))


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        (
            "due = 2026-11-20T23:59:00",
            "`due`: '2026-11-20 23:59:00' has no time zone: write it as 2026-11-20T23:59:00+01:00",
        ),
        ("due = 2026-11-20", "`due` must be a datetime"),
        ("due = 9000-01-01T00:00:00Z", "is in the year 9000"),
        ('deduction = "110%"', "`deduction` must be a share such as"),
        ('deduction = "ten"', "`deduction` must be a share such as"),
        ("deduction = -1", "`deduction` must be a share such as"),
        ("deduction = nan", "`deduction` must be a share such as"),
        ("deduction = true", "`deduction` must be"),
        ("cap = inf", "`cap` must be a share such as"),
        ('per = "week"', "`per` must be 'day' or 'hour', got 'week'"),
        ('attempt = "first"', "`attempt` must be 'latest' or 'best', got 'first'"),
        ("grace_minutes = -1", "`grace_minutes` must be a number from 0 to"),
        ("closes_after_days = 1e300", "`closes_after_days` must be a number from 0 to 3660"),
        ("closes_after_days = 0\ngrace_minutes = 1", "`closes_after_days` is shorter than `grace_minutes`"),
        ("graceminutes = 10", "unknown key `graceminutes`; known are attempt, cap, closes_after_days"),
    ],
)
def test_a_bad_policy_is_one_sentence(tmp_path, changed, words):
    """File, table, key and rule."""
    keys = {"due": "due = 2026-11-20T23:59:00+01:00", "deduction": "deduction = 5"}
    keys.pop(changed.split()[0], None)
    with pytest.raises(UsageError) as error:
        load(tmp_path, "\n".join([*keys.values(), changed]))
    assert words in str(error.value)
    assert "assignment.toml: late: " in str(error.value)


def test_due_and_deduction_must_be_given(tmp_path):
    """A policy without them says nothing."""
    with pytest.raises(UsageError, match="late: the key `due` is missing"):
        load(tmp_path, "deduction = 5")


# The line


@pytest.mark.parametrize(
    ("late", "changes", "deduction"),
    [
        (timedelta(microseconds=1), {}, 10),
        (timedelta(hours=24), {}, 10),
        (timedelta(hours=24, microseconds=1), {}, 20),
        (timedelta(hours=5), {"per": "hour", "deduction": Amount(0.5)}, 2.5),
        (timedelta(hours=5, seconds=1), {"per": "hour", "deduction": Amount(0.5)}, 3),
        (timedelta(days=6), {"cap": Amount(35)}, 35),
        (timedelta(days=3), {"cap": Amount(35, percent=True)}, 30),
        (timedelta(days=20), {}, 80),
        (timedelta(minutes=10), {"grace": timedelta(minutes=10)}, 0),
        (timedelta(minutes=10, microseconds=1), {"grace": timedelta(minutes=10)}, 10),
        (timedelta(hours=24, minutes=5), {"grace": timedelta(minutes=10)}, 20),
        (timedelta(days=5), {"closes_after": timedelta(days=5), "cap": Amount(35)}, 35),
        (timedelta(days=5, microseconds=1), {"closes_after": timedelta(days=5), "cap": Amount(35)}, 80),
    ],
)
def test_each_begun_step_counts(late, changes, deduction):
    """From the due time on, once the grace is over; never more than the cap, or than was scored; closed is closed."""
    found = line(late, **changes)
    assert found.deduction == deduction
    assert found.late_s == late.total_seconds()
    assert (found.submitted_at, found.due_at) == (DUE + late, DUE)


@pytest.mark.parametrize("late", [timedelta(0), timedelta(microseconds=-1), timedelta(days=-9)])
def test_in_time_there_is_no_line(late):
    """To the microsecond."""
    assert line(late) is None


def test_a_time_that_is_not_known_is_never_late():
    """There is a note to show instead."""
    assert late_line(policy(), None, None, 80, 100) is None
    assert NO_TIME == "When it was handed in is not known: it is not counted as late."


def test_the_line_says_how_it_came_about():
    """How late, from when to when, the rule, the points."""
    day = timedelta(days=1)
    assert line(2 * day + timedelta(hours=3)).text == (
        "2 days 3 h late (handed in 2026-11-23 02:59+01:00, due 2026-11-20 23:59+01:00): "
        "3 days begun at 10% of 100 points: 30 points off"
    )
    assert line(timedelta(minutes=5, seconds=1), grace=timedelta(minutes=10)).text == (
        "5 min 1 s late (handed in 2026-11-21 00:04:01+01:00, due 2026-11-20 23:59+01:00): "
        "within the grace of 10 min: nothing off"
    )
    for text, found in (
        ("4 days begun at 20% of 60 points, at most 50%: 30 points off", line(4 * day, 60, 60, deduction=Amount(20, True), cap=Amount(50, True))),
        ("1 hour begun at 1 point: 1 point off", line(timedelta(minutes=1), per="hour", deduction=Amount(1))),
        ("1 day begun at 10% of 100 points, at most what was scored: 3.5 points off", line(day, 3.5)),
        ("it closed 5 days after that, so nothing counts: 80 points off", line(6 * day, closes_after=5 * day)),
    ):  # fmt: skip
        assert found.text.endswith(f": {text}")
    assert line(timedelta(microseconds=5)).text.startswith("under 1 s late")


def test_a_score_that_is_not_known_yet_bounds_nothing():
    """After a fault of the grader's, the line stands and the total does not."""
    assert line(timedelta(days=3), None).deduction == 30
    assert line(timedelta(days=30), None, closes_after=timedelta(days=5)).deduction == 100


@given(
    st.timedeltas(timedelta(0), timedelta(days=400)),
    st.floats(0, 100),
    st.sampled_from([Amount(0), Amount(7.3), Amount(33.3, True), Amount(100, True)]),
    st.sampled_from([None, Amount(0), Amount(12.5)]),
)
def test_nobody_falls_below_zero_and_later_is_never_cheaper(late, score, deduction, cap):
    """Whatever the policy, the deduction lies between 0 and the score, and grows with lateness."""
    changes = {"deduction": deduction, "cap": cap, "closes_after": timedelta(days=300)}
    now, later = (line(t, score, **changes) for t in (late, late + timedelta(hours=30)))
    low = now.deduction if now else 0
    assert 0 <= low <= later.deduction <= score + 1e-6


# Zones


def test_zones_are_compared_by_the_moment():
    """The same moment in another zone is in time; the line is in the zone of the due time."""
    assert late_line(policy(), DUE.astimezone(ZoneInfo("Asia/Tokyo")), None, 80, 100) is None
    found = late_line(policy(), (DUE + timedelta(hours=1)).astimezone(UTC), None, 80, 100)
    assert "1 h late (handed in 2026-11-21 00:59+01:00, due 2026-11-20 23:59+01:00)" in found.text


def test_an_hour_that_comes_twice_is_two_hours():
    """On 25 October 2026, half past two comes twice in Berlin: once in summer time, once after it."""
    due = datetime(2026, 10, 25, 2, 30, tzinfo=BERLIN)
    again = due.replace(fold=1)
    assert late_line(policy(due=due), due, None, 80, 100) is None
    assert late_line(policy(due=again), due, None, 80, 100) is None
    found = late_line(policy(due=due), again, None, 80, 100)
    assert found.late_s == 3600
    assert "handed in 2026-10-25 02:30+01:00, due 2026-10-25 02:30+02:00" in found.text
    fixed = datetime.fromisoformat("2026-10-25T02:30+02:00")
    assert (
        late_line(policy(due=fixed), datetime(2026, 10, 25, 1, 30, tzinfo=UTC), None, 80, 100).late_s == 3600
    )


@pytest.mark.parametrize(
    ("due", "handed_in", "hours"),
    [
        (datetime(2026, 10, 24, 12, tzinfo=BERLIN), datetime(2026, 10, 25, 12, tzinfo=BERLIN), 25),
        (datetime(2026, 3, 28, 12, tzinfo=BERLIN), datetime(2026, 3, 29, 12, tzinfo=BERLIN), 23),
    ],
)
def test_a_day_is_24_hours_where_clocks_change(due, handed_in, hours):
    """The same time on the next day is 25 or 23 hours later: two days begun, or one."""
    found = late_line(policy(due=due), handed_in, None, 80, 100)
    assert found.late_s == hours * 3600
    assert found.deduction == (20 if hours > 24 else 10)


# Extensions


def write(tmp_path, text) -> Path:
    path = tmp_path / "more.csv"
    path.write_text(text)
    return path


ADA, BOB, EVE = Student("a1", login="ada-l"), Student("b2", email="Bob@x.edu"), Student("e3")


def test_extensions_as_a_time_or_as_more_time(tmp_path):
    """By id, login or address; hours are elapsed ones, and the zone stays the assignment's."""
    text = 'student,due,hours,days\nADA-L,2026-11-22T12:00:00Z,,\nbob@x.edu,,"1,5",\ne3,,,2\n'
    extensions = Extensions.read(write(tmp_path, text))
    assert extensions.due([ADA], DUE) == datetime(2026, 11, 22, 12, tzinfo=UTC)
    assert extensions.due([BOB], DUE) == DUE + timedelta(minutes=90)
    assert extensions.due([EVE], DUE).isoformat() == "2026-11-22T23:59:00+01:00"
    assert extensions.due([Student("zoe")], DUE) is None
    berlin = datetime(2026, 10, 24, 12, tzinfo=BERLIN)
    assert extensions.due([EVE], berlin).isoformat() == "2026-10-26T11:00:00+01:00"


def test_one_members_extension_is_the_groups(tmp_path):
    """Of several the most generous counts, and none makes the time shorter."""
    text = "student;due;hours\na1;2026-11-22T12:00:00+01:00;\nb2;;1\ne3;2026-11-01T00:00:00+01:00;\n"
    extensions = Extensions.read(write(tmp_path, text))
    assert extensions.due([BOB, ADA], DUE) == datetime(2026, 11, 22, 11, tzinfo=UTC)
    assert extensions.due([BOB, Student("zoe")], DUE) == DUE + timedelta(hours=1)
    assert extensions.due([EVE], DUE) == DUE


def test_an_extension_moves_the_due_time(tmp_path):
    """Grace, steps and closing count from it, and the line says so."""
    extended = DUE + timedelta(days=2)
    assert line(timedelta(days=2), extension=extended) is None
    found = line(timedelta(days=2, hours=1), extension=extended, closes_after=timedelta(days=1))
    assert (found.deduction, found.due_at) == (10, extended)
    assert "1 h late" in found.text
    assert "due 2026-11-22 23:59+01:00 as extended)" in found.text
    assert line(timedelta(hours=1), extension=DUE - timedelta(days=9)).deduction == 10


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("student,due\na1,2026-11-22T12:00:00\n", "line 2: '2026-11-22T12:00:00' has no time zone"),
        ("student,hours\na1,-5\n", "line 2: hours must be a number, 0 or more, got '-5'"),
        ("student,hours\na1,1e99\n", "hours must be a number"),
        (
            "student,due,hours\na1,2026-11-22T12:00Z,3\n",
            "line 2: one of due, hours and days must be filled in, got due and hours",
        ),
        ("student,days\na1,\n", "got none of them"),
        ("student,hours\n,3\n", "line 2: the student is empty"),
        ("student,hours\na1,3\nb2,1\nA1,4\n", "line 4: A1 already has an extension"),
        ("student,until\na1,3\n", "line 1: it must have a column student"),
    ],
)
def test_bad_extensions_are_one_sentence_each(tmp_path, text, words):
    """With file and line."""
    with pytest.raises(UsageError) as error:
        Extensions.read(write(tmp_path, text))
    assert words in str(error.value)
    assert "more.csv" in str(error.value)


def test_an_extension_of_nobody_is_pointed_out(tmp_path):
    """A slip of the pen would otherwise cost a student points."""
    extensions = Extensions.read(write(tmp_path, "student,hours\na1,3\nada-1,3\n"))
    (complaint,) = extensions.unknown([ADA, BOB])
    assert "line 3: nobody in the class is called ada-1" in complaint


# Attempts


def attempt(name: str, total: float | None, day: int | None) -> Attempt:
    at = None if day is None else datetime(2026, 11, day, tzinfo=UTC)
    return Attempt(name, "", at, datetime(2026, 12, 1, tzinfo=UTC), 1, "graded", total, 100, total, False)


@pytest.mark.parametrize(
    ("attempts", "latest", "best"),
    [
        ([("a", 5, 3), ("b", 9, 1), ("c", 2, 2)], 0, 1),
        ([("a", 5, 1), ("b", 5, 1)], 1, 1),
        ([("a", 5, 2), ("b", 5, 1)], 0, 0),
        ([("a", 5, 1), ("b", 9, None)], 1, 1),
        ([("a", 9, None), ("b", 5, None)], 1, 0),
        ([("a", 9, 3), ("b", 5, None), ("c", 5, 1)], 2, 0),
        ([("a", None, 3), ("b", 0, 1)], 0, 1),
        ([("a", None, 1)], 0, 0),
    ],
)
def test_the_attempt_that_counts(attempts, latest, best):
    """The latest by time, or by place where a time is not known; the best by total, of equals the latest."""
    made = [attempt(*a) for a in attempts]
    assert place_of_choice(made, best=False) == latest
    assert place_of_choice(made, best=True) == best
    assert choose(made, None) is choose(made, policy(attempt="latest")) is made[latest]
    assert choose(made, policy(attempt="best")) is made[best]


def test_without_attempts_none_counts():
    """Whatever the policy."""
    assert choose([], None) is None


def test_attempts_are_compared_by_the_moment():
    """Half past two after the clocks went back is later than half past two before."""
    first = datetime(2026, 10, 25, 2, 30, tzinfo=BERLIN)
    made = [attempt("a", 1, 1), attempt("b", 1, 1)]
    made = [
        Attempt(**{**vars(a), "submitted_at": at})
        for a, at in zip(made, (first.replace(fold=1), first), strict=True)
    ]
    assert place_of_choice(made, best=False) == 0
