"""What can go wrong, in three families: the user's input, the submission, and ourselves."""


class BackmarkError(Exception):
    """Root of everything that this project raises on purpose."""


class UsageError(BackmarkError):
    """The person who ran a command gave bad input: one sentence names the file and the mend. Exit code 2."""


class Refused(BackmarkError):
    """A submission cannot be taken in (unsafe names, too large, no such file): the student's status is `refused`."""


class GraderFault(BackmarkError):
    """A fault of ours or of this machine. Never a zero for a student: retried, then exit code 3."""


class StudentError(BackmarkError):
    """The submission raised, crashed, timed out, or answered with something that is not a plain value.

    Attributes:
        message: One line, already cleaned of control characters.
        trace: The submission's own frames of the traceback, cleaned; may be empty.
        status: The plain word that a report shows for a test that ends this way.
    """

    status = "failed"

    def __init__(self, message: str = "", trace: str = "") -> None:
        super().__init__(message)
        self.message, self.trace = message, trace

    def __str__(self) -> str:
        # Said here, since a subclass may also derive from KeyError, which would put the message in quotes.
        return self.message


class NotWritten(StudentError):
    """The stub still raises NotImplementedError."""

    status = "not written"


class NotHandedIn(NotWritten):
    """A file that need not be there is not, and so there is nothing to grade."""


class NotFilledIn(NotWritten):
    """A file of answers or predictions is there, but what is asked for is still empty in it."""


class TimedOut(StudentError):
    """The limit of CPU time, or the wall-clock deadline behind it, was reached."""

    status = "timed out"


class OutOfMemory(StudentError):
    """The memory limit was reached."""

    status = "out of memory"


class Crashed(StudentError):
    """The worker ended without answering: an exit, a signal, a segmentation fault."""

    status = "crashed"


class AnswerRefused(StudentError):
    """The reply is not in the protocol, or holds what must not cross the boundary."""

    status = "refused"


class NotRun(BackmarkError):
    """A prerequisite failed, so that this test could say nothing."""
