"""What tests of the adapters share: a column of texts, what becomes of it, and one reason to skip."""

import pytest
from texts import CAPTURE, CLEAN, PLAIN

# A capture, its clean form again, a missing text, one of its own, an exact copy of that, a missing text, broken
# Unicode, its repair.
COLUMN = [CAPTURE, CLEAN, None, PLAIN, PLAIN, None, "s\u00c3\u00bc\u00c3\u009f und gut", "süß und gut"]
CLEANED = [CLEAN, CLEAN, None, PLAIN, PLAIN, None, "süß und gut", "süß und gut"]
KEEPS = [True, False, True, True, False, True, True, False]  # of the cleaned column
REMOVALS = [(1, 0, 1.0), (4, 3, 1.0), (7, 6, 1.0)]


def need(*modules: str) -> None:
    """Skips a module's tests where a library is missing, and says how to get it."""
    for module in modules:
        pytest.importorskip(module, reason=f"{module} is not there: pip install -e '.[pipelines]'")
