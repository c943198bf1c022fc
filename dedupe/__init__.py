"""Takes out what scraped text says twice, and keeps the news."""

from dedupe.document import Cleaned, Edit
from dedupe.errors import AuditError, DedupeError, InputError, OutputError, RecordError, RulesError
from dedupe.library import clean_documents, clean_text
from dedupe.options import CleanOptions, RepairOptions

__version__ = "0.1.0"

__all__ = [
    "AuditError",
    "CleanOptions",
    "Cleaned",
    "DedupeError",
    "Edit",
    "InputError",
    "OutputError",
    "RecordError",
    "RepairOptions",
    "RulesError",
    "clean_documents",
    "clean_text",
]
