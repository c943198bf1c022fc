"""What tests of the engine share: both engines, and the columnar batches they take."""

from importlib import import_module
from pathlib import Path
from types import ModuleType

import pytest
from hypothesis import settings

# `--hypothesis-profile long` looks for what a run of every day does not find.
settings.register_profile("default", deadline=None)
settings.register_profile("long", deadline=None, max_examples=5000)


@pytest.fixture(params=["native", "reference"], scope="session")
def engine(request: pytest.FixtureRequest) -> ModuleType:
    """Each engine in turn; the compiled one is skipped where it was not built."""
    if request.param == "native":
        return pytest.importorskip("dedupe.engine._native", exc_type=ImportError)
    return import_module("dedupe.engine.reference")


@pytest.fixture(scope="session")
def native() -> ModuleType:
    return pytest.importorskip("dedupe.engine._native", exc_type=ImportError)


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """Real text beside the repository, for testing only; tests that read it skip where it is absent."""
    path = Path(__file__).parents[2] / "shared" / "data"
    if not path.is_dir():
        pytest.skip(f"{path} is not there")
    return path
