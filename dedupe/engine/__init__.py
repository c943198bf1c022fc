"""The hot path behind one small interface: plain functions over columnar batches.

Two engines give the same bytes. `_native` (C) says it fast; `reference` (Python) says what is
right and steps in where no compiler was found. DEDUPE_ENGINE=reference or =native picks one by
hand, which changes the speed and nothing else.
"""

import os
from importlib import import_module
from types import ModuleType
from typing import cast


def _choose(wanted: str | None) -> tuple[str, ModuleType]:
    if wanted not in (None, "", "native", "reference"):
        raise ImportError(f"DEDUPE_ENGINE={wanted}: no such engine; use native or reference")
    if wanted != "reference":
        try:
            return "native", import_module("dedupe.engine._native")
        except ImportError:
            if wanted == "native":
                raise
    return "reference", cast(ModuleType, import_module("dedupe.engine.reference"))


name, engine = _choose(os.environ.get("DEDUPE_ENGINE"))
