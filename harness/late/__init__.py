"""What being late costs: the policy of the manifest, extensions, the line in a report, and which attempt counts."""

from harness.late.attempts import choose
from harness.late.extensions import Extensions
from harness.late.lines import NO_TIME, late_line
from harness.late_policy import Amount, LatePolicy

__all__ = ["NO_TIME", "Amount", "Extensions", "LatePolicy", "choose", "late_line"]
