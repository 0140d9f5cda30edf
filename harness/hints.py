"""What to try, for the ways in which a submission can fail that are no wrong value."""

import re

from harness.errors import (
    AnswerRefused,
    Crashed,
    NotFilledIn,
    NotHandedIn,
    NotWritten,
    OutOfMemory,
    StudentError,
    TimedOut,
)

_BY_CLASS: tuple[tuple[type[StudentError], str], ...] = (
    (NotHandedIn, "Put this file beside the others that you hand in."),
    (NotFilledIn, "Fill it in: the comments in the file say how."),
    (NotWritten, "Not written yet: replace the line that raises NotImplementedError."),
    (TimedOut, "Look for a loop that never ends, or for work done one example (or one pixel) at a time."),
    (
        OutOfMemory,
        "Far more memory than the task needs: did an (n, 1) array meet an (n,) array and become (n, n)?",
    ),
    (
        Crashed,
        "The process ended before it answered: look for exit(), quit() or sys.exit(), and for endless recursion.",
    ),
    (
        AnswerRefused,
        "Return plain NumPy arrays, numbers, lists or tuples, not objects of your own or subclasses of arrays.",
    ),
)
_BY_BUILTIN: tuple[tuple[type[Exception], str], ...] = (
    (ModuleNotFoundError, "Only the packages that the assignment names can be imported: remove this import."),
    (SyntaxError, "Python cannot read the file: mend the line below and run it once yourself."),
    (
        PermissionError,
        "The grader lets your code read its own files and write none: move reading, saving and plotting below "
        '`if __name__ == "__main__":`.',
    ),
    (
        FileNotFoundError,
        'The file is not there when graded: move reading data below `if __name__ == "__main__":`.',
    ),
    (RecursionError, "A function calls itself without end."),
    (
        FloatingPointError,
        "A floating-point overflow or invalid operation: which term is too large for exp, or zero in a division?",
    ),
    (
        IndexError,
        "An index lies outside an array: compare the shapes in the docstring with those that you build.",
    ),
    (ValueError, "Print the shapes just before the line below: most often two of them do not fit."),
    (
        TypeError,
        "A value of another type than expected: compare the docstring's arguments and returns with your code.",
    ),
    (NameError, "A name is used before it is defined: look for a spelling mistake or a missing import."),
)
_DROPPED = re.compile(r"module 'numpy' has no attribute '(\w+)'")
_BUILTIN_ALIASES = ("bool", "complex", "float", "int", "object", "str")


def hint_for(error: StudentError) -> str:
    """One sentence that helps with an error of the submission's."""
    for cls, hint in _BY_CLASS:
        if isinstance(error, cls):
            return hint
    if isinstance(error, AttributeError) and (found := _DROPPED.search(error.message)):
        name = found[1]
        if name in _BUILTIN_ALIASES:
            return f"NumPy has dropped np.{name}, which was Python's own {name}: write {name}."
        return f"This NumPy has no np.{name}: is it misspelt, or a name of an old version that was dropped since?"
    for builtin, hint in _BY_BUILTIN:
        if isinstance(error, builtin):
            return hint
    return "Your code raised an exception: the lines below are where."
