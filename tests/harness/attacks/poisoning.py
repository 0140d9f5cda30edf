"""Poisoning: text that would do harm where a report is read."""

from tests.harness.attacks.corpus import HONEST, Attack, call, fives, with_files

TEXTS = {
    "script": "<script>alert(1)</script><img src=x onerror=alert(1)>",
    "an end of CDATA": "]]></failure><x/>",
    "entities": "&lt;&#0;&xxe;",
    "escapes": "\\x1b[2J\\x1b]0;title\\x07\\x9b31m",
    "a formula": "=cmd|' /C calc'!A0",
    "another": "@SUM(1+1)*cmd",
    "a tab": "\\t=1+1",
    "marks of direction": "\\u202e\\u2066abc\\u2069\\u200f",
    "invisible": "\\u200b\\ufeff\\u00ad\\U000e0041",
    "surrogates": "\\ud800\\udfff",
    "nulls": "\\0\\0",
    "line separators": "a\\u2028b\\u2029c\\x0b\\x0c\\x85",
    "markdown": "[x](javascript:alert(1)) `rm` | | ```",
    "rich markup": "[bold red]PASSED[/] [link=file:///x]y[/link] [/]",
    "lines of a report": "\\nTotal: 10 / 10\\nPASSED\\n::set-output name=score::10",
    "noncharacters": "\\ufffe\\uffff\\U0010ffff",
    "combining marks": "e" + "\\u0301" * 500,
}

ATTACKS = {
    **fives({f"{name} in an exception": f'raise ValueError("{text}")' for name, text in TEXTS.items()}),
    **fives(
        {
            f"{name} in print": f'import warnings\nprint("{text}")\nwarnings.warn("{text}")\nraise ValueError'
            for name, text in TEXTS.items()
        }
    ),
    "raw bytes in the output": call("import os; os.write(1, bytes(range(256)) * 8); raise ValueError"),
    "hostile names of functions": Attack(
        {
            "solution.py": HONEST
            + '\nexec(compile("def ᶠ(): raise ValueError()", __file__, "exec"))\ndef double(x): f()\n'
        },
        2.0,
    ),
    "hostile lines of source": call("raise ValueError  # <script>\u202e\u2066 ]]>"),
    "a hostile message at import": Attack(
        {"solution.py": 'raise ValueError("<script>\\x1b[2J\\u202e=1+1")\n'}, 0.0, 0.0
    ),
    "file names as HTML": Attack(
        {**with_files(), "<img src=x onerror=alert(1)>.py": "", "=1+1.py": "", "[red]x[/].py": ""}, 5.0, 5.0
    ),
    "a file name with a mark of direction": Attack(
        {**with_files(), "a\u202eb.py": ""}, 0.0, 0.0, ("refused",), "refused"
    ),
    "a file name with an escape": Attack(
        {**with_files(), "a\x1b[2Jb.py": ""}, 0.0, 0.0, ("refused",), "refused"
    ),
    "an overlong file name": Attack(
        {**with_files(), "x" * 200 + ".py": ""}, 0.0, 0.0, ("refused",), "refused"
    ),
    "the longest file name that is taken": Attack({**with_files(), "x" * 147 + ".py": ""}, 5.0, 5.0),
    "file names that are one": Attack(
        {**with_files(), "a.py": "", "A.py": ""}, 0.0, 0.0, ("refused",), "refused"
    ),
    "a file that takes the cache's place": Attack({**with_files(), "__pycache__": "x"}, 5.0, 5.0),
    "a deep folder": Attack({**with_files(), "a/b/c/d/e/f/g/h.py": "x = 1"}, 5.0, 5.0),
}
# Names of submissions, as a student's id may be.
NAMES = (
    "=1+1",
    "<script>alert(1)</script>",
    "a\u202eb",
    "a\x1b[2Jb",
    "a,b;c\td\"e'",
    "@SUM(A1)",
    "]]>",
    "[red]x[/red]",
    "\ud800",
    "x" * 300,
)
