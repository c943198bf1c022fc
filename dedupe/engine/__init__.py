"""The hot path behind one small interface: plain functions over columnar batches.

Two engines give the same bytes. `_native` (C) says it fast; `reference` (Python) says what is
right and steps in where no compiler was found. DEDUPE_ENGINE=reference or =native picks one by
hand, which changes the speed and nothing else.
"""

from __future__ import annotations

import os
from array import array

from dedupe.typed import TYPE_CHECKING, cast

if TYPE_CHECKING:
    from typing import TypeAlias

    from dedupe.engine.interface import Engine

Buffer: TypeAlias = bytes | bytearray | memoryview | array  # type: ignore[type-arg]


def load_engine(wanted: str | None = None) -> tuple[str, Engine]:
    """The engine's name and the engine: the one wanted, or the fastest there is.

    Raises ImportError where the one wanted is not there.
    """
    if wanted not in (None, "", "native", "reference"):
        raise ImportError(f"DEDUPE_ENGINE={wanted}: no such engine; use native or reference")
    if wanted != "reference":
        try:
            import dedupe.engine._native as native  # type: ignore[import-not-found]

            return "native", cast("Engine", native)
        except ImportError:
            if wanted == "native":
                raise
    from dedupe.engine import reference

    return "reference", cast("Engine", reference)


name, engine = load_engine(os.environ.get("DEDUPE_ENGINE"))
