"""The rules that stand in no file, and how rules are switched off."""

from collections.abc import Sequence

# The rules that stand in no file; dedupe/engine/native/edits.h has them in the same order.
HEADLINE, CAPTION, BYLINE = "repeat.headline", "repeat.caption", "repeat.byline"
PARAGRAPH, AGAIN = "repeat.paragraph", "repeat.article"
CAPTION_DROPPED = "captions.drop"
BUILT_IN = (HEADLINE, CAPTION, BYLINE, PARAGRAPH, AGAIN, CAPTION_DROPPED)


def is_switched_off(id: str, no_rule: Sequence[str]) -> bool:
    """Whether `no_rule` names the id or one of the families it belongs to."""
    return any(id == name or id.startswith(name + ".") for name in no_rule)
