"""`grader.py doctor`: what this machine offers for isolation, which tier follows, and what mends what is missing."""

from collections.abc import Callable

from rich.console import Console
from rich.table import Table
from rich.text import Text

from harness.errors import GraderFault, UsageError
from harness.isolation import tiers
from harness.isolation.sandbox import Sandbox


def report(*, probe: Callable[[], list[tiers.Part]] = tiers.parts, console: Console | None = None) -> bool:
    """Print the table and try the sandbox for real.

    Returns:
        Whether submissions can be graded safely here.
    """
    console = console or Console(width=None if Console().is_terminal else 160)
    parts = probe()
    table = Table(
        "part", "works", "found", "to mend it", title="What this machine offers", title_justify="left"
    )
    for part in parts:
        table.add_row(
            part.title, "yes" if part.works else "no", Text(part.found), Text("" if part.works else part.mend)
        )
    console.print(table)
    try:
        tier = tiers.choose(probe=probe)
    except UsageError:
        console.print(
            "Tier: none. Submissions cannot be graded safely here; --insecure grades code that you trust."
        )
        return False
    try:
        Sandbox(tier).close()
    except GraderFault as e:
        console.print(Text(f"Tier: {tier.name}, but a sandbox does not start: {e}"))
        return False
    console.print(f"Tier: {tier.name}. A sandbox was started and ended: submissions can be graded.")
    if tier.name != tiers.FULL:
        console.print(
            "Without bubblewrap, the existence and the size of files leak to submissions; nothing else does."
        )
    return True
