"""Takes out what scraped text says twice, and keeps the news."""

TYPE_CHECKING = False  # as in `typing`, which takes longer to import than an impatient Ctrl-C

if TYPE_CHECKING:
    from typing import Any

    from dedupe.columns import clean_column as clean_column
    from dedupe.columns import find_keepers as find_keepers
    from dedupe.columns import keep_mask as keep_mask
    from dedupe.deduplicator import Deduplicator as Deduplicator
    from dedupe.document import Cleaned as Cleaned
    from dedupe.document import Edit as Edit
    from dedupe.document import Removal as Removal
    from dedupe.errors import AuditError as AuditError
    from dedupe.errors import DedupeError as DedupeError
    from dedupe.errors import InputError as InputError
    from dedupe.errors import OutputError as OutputError
    from dedupe.errors import RecordError as RecordError
    from dedupe.errors import RulesError as RulesError
    from dedupe.learn.file import Learned as Learned
    from dedupe.learn.learn import learn_rules as learn_rules
    from dedupe.library import Result as Result
    from dedupe.library import clean_documents as clean_documents
    from dedupe.library import clean_text as clean_text
    from dedupe.library import drop_duplicates as drop_duplicates
    from dedupe.library import from_datasketch as from_datasketch
    from dedupe.library import sketch as sketch
    from dedupe.library import to_datasketch as to_datasketch
    from dedupe.near.columns import Keepers as Keepers
    from dedupe.options import CleanOptions as CleanOptions
    from dedupe.options import DropOptions as DropOptions
    from dedupe.options import LearnOptions as LearnOptions
    from dedupe.options import RepairOptions as RepairOptions

__version__ = "0.1.0"

# Where each public name lives; read when it is first asked for, since starting costs a hook its time.
_HOMES = {
    "clean_column": "columns",
    "find_keepers": "columns",
    "keep_mask": "columns",
    "Deduplicator": "deduplicator",
    "Cleaned": "document",
    "Edit": "document",
    "Removal": "document",
    "AuditError": "errors",
    "DedupeError": "errors",
    "InputError": "errors",
    "OutputError": "errors",
    "RecordError": "errors",
    "RulesError": "errors",
    "clean_documents": "library",
    "clean_text": "library",
    "to_datasketch": "library",
    "sketch": "library",
    "from_datasketch": "library",
    "drop_duplicates": "library",
    "Result": "library",
    "Keepers": "near.columns",
    "CleanOptions": "options",
    "DropOptions": "options",
    "Learned": "learn.file",
    "LearnOptions": "options",
    "learn_rules": "learn.learn",
    "RepairOptions": "options",
}

__all__ = sorted(_HOMES)


def __getattr__(name: str) -> "Any":
    if name not in _HOMES:
        raise AttributeError(f"module 'dedupe' has no attribute {name!r}")
    from importlib import import_module

    value = getattr(import_module(f"dedupe.{_HOMES[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return [*__all__, "__version__"]
