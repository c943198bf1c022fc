"""The engine's specification: each call in readable Python."""

from dedupe.engine.reference.suspicion import suspicious

__all__ = ["suspicious"]
