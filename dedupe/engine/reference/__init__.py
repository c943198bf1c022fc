"""The engine's specification: each call in readable Python."""

from dedupe.engine.reference.jsonl import raw_offsets, records

__all__ = ["raw_offsets", "records"]
