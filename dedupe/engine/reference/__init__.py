"""The engine's specification: each call in readable Python."""

from dedupe.engine.reference.unicode import fold

__all__ = ["fold"]
