"""The engine's specification: each call in readable Python."""
