"""What tests of the engine share: both engines, and the columnar batches they take."""

from importlib import import_module
from types import ModuleType

import pytest


@pytest.fixture(params=["native", "reference"], scope="session")
def engine(request: pytest.FixtureRequest) -> ModuleType:
    """Each engine in turn; the compiled one is skipped where it was not built."""
    if request.param == "native":
        return pytest.importorskip("dedupe.engine._native", exc_type=ImportError)
    return import_module("dedupe.engine.reference")


@pytest.fixture(scope="session")
def native() -> ModuleType:
    return pytest.importorskip("dedupe.engine._native", exc_type=ImportError)
