"""The options of each stage, one frozen dataclass a stage; the only home of defaults."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class RepairOptions:
    """Broken Unicode -> sound Unicode."""

    enabled: bool = True
    """Whether text is repaired at all; bytes that are not UTF-8 are decoded in any case."""

    unescape_html: bool = False
    """Whether HTML entities (`&eacute;`, `&#233;`) become characters. A line break becomes a space."""
