"""The rules that stand in no file, and how rules are switched off."""

from collections.abc import Iterable, Sequence

# The rules that stand in no file; dedupe/engine/native/edits.h has them in the same order.
HEADLINE, CAPTION, BYLINE = "repeat.headline", "repeat.caption", "repeat.byline"
PARAGRAPH, AGAIN = "repeat.paragraph", "repeat.article"
CAPTION_DROPPED = "captions.drop"
BUILT_IN = (HEADLINE, CAPTION, BYLINE, PARAGRAPH, AGAIN, CAPTION_DROPPED)
PAGE_RULES = ("page.before", "page.within", "page.after", "page.none", "page.headline")  # of native/page.c


def is_switched_off(id: str, no_rule: Sequence[str]) -> bool:
    """Whether `no_rule` names the id or one of the families it belongs to."""
    return any(id == name or id.startswith(name + ".") for name in no_rule)


def check_names(no_rule: Sequence[str], ids: Iterable[str]) -> None:
    """ValueError for the first name in `no_rule` that is neither one of `ids` nor a family of them."""
    if not no_rule:
        return
    known = {id[:end] for id in ids for end in (len(id), *(i for i, char in enumerate(id) if char == "."))}
    for name in no_rule:
        if name not in known:
            from difflib import get_close_matches

            near = get_close_matches(name, sorted(known), cutoff=0.5)
            hint = f"; did you mean {' or '.join(near)}?" if near else "; the audit names the rule of each edit"
            if name.partition(".")[0] == "repair":
                hint = "; --no-repair switches repair off"
            raise ValueError(f"--no-rule {name}: there is no such rule or family{hint}")
