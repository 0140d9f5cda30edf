"""The script that the sandbox runs: makes this folder importable as a package, then starts the warm interpreter."""

import importlib.util
import os
import sys

_HERE = os.path.dirname(os.path.abspath(__file__))
_NAME = "backmark_untrusted"

_spec = importlib.util.spec_from_file_location(
    _NAME, os.path.join(_HERE, "__init__.py"), submodule_search_locations=[_HERE]
)
assert _spec and _spec.loader
_package = importlib.util.module_from_spec(_spec)
sys.modules[_NAME] = _package
# By its name outside, too: `from harness.isolation.untrusted.slopes import …` then works alike in both. Of what lies
# above it nothing exists in here, and `import harness` fails.
sys.modules["harness.isolation.untrusted"] = _package
_spec.loader.exec_module(_package)

if __name__ == "__main__":
    import importlib

    importlib.import_module(f"{_NAME}.warm").main()
