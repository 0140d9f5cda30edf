"""What one test may use."""

import math
from dataclasses import dataclass


@dataclass(frozen=True)
class Limits:
    """Limits of one worker.

    `time_s` is CPU time, so that a loaded machine fails nobody; the wall clock only ends what sleeps or blocks.
    """

    time_s: float = 2.0
    memory_mib: int = 1024

    @property
    def cpu_s(self) -> int:
        return max(1, math.ceil(self.time_s))

    @property
    def wall_s(self) -> float:
        return 10 + 5 * self.time_s
