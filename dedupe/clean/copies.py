"""Is the later of two lines a copy of the earlier one? Answered on normal forms, never on keys.

A copy says the same words. It may lack its end, where a mark says so ("…"); it may have or lack a
credit before it or a site's name behind it; one of its characters may be broken. Numbers agree.
"""

import re

CUT_MARKS = re.compile(r" ?(?:\[\.\.\.\]|\(\.\.\.\)|\.\.\.)$")
MIN_SHARED = 12  # characters that a copy must share beyond what it lacks or adds
MAX_LABEL = 40  # characters of a credit or of a site's name
# "photo: ", "file photo: ", "(reuters) ", "afp - ", "reuters/"
CREDIT = re.compile(r"(?:[(\[][^\W\d][^\d()\[\]]*[)\]]|[^\W\d][^\d.!?]*?) ?(?:(?<=[)\]])|[:|/-]) ?")
# " | the daily news", " - site name", " (afp)"
SITE = re.compile(r" ?(?:[|·•/-]|::) ?[^\W\d][^.!?,;:|]*(?:\.[a-z]{2,4})?| ?[(\[][^\W\d][^\d()\[\]]*[)\]]")
BROKEN = frozenset("\ufffd□\u25a1\x1a")


def is_copy(first: bytes, later: bytes) -> bool:
    """Whether `later` copies `first`; both are normal forms."""
    if first == later:
        return True
    a, b = first.decode("utf-8", "surrogatepass"), later.decode("utf-8", "surrogatepass")
    return _is_cut(a, b) or _is_labelled(a, b) or _is_labelled(b, a) or _is_broken(a, b)


def _is_cut(first: str, later: str) -> bool:
    rest = CUT_MARKS.sub("", later)
    return len(rest) >= MIN_SHARED and len(rest) < len(later) and first.startswith(rest)


def _is_labelled(plain: str, labelled: str) -> bool:
    extra = len(labelled) - len(plain)
    if not 0 < extra <= MAX_LABEL or len(plain) < MIN_SHARED:
        return False
    if labelled.endswith(plain):
        label, pattern = labelled[:extra], CREDIT
    elif labelled.startswith(plain):
        label, pattern = labelled[len(plain) :], SITE
    else:
        return False
    return label.count(" ") <= 6 and pattern.fullmatch(label) is not None


def _is_broken(a: str, b: str) -> bool:
    """One character of one of the two is a mark for "could not be read"."""
    if "\ufffd" in b:
        a, b = b, a
    a = re.sub("\ufffd{2,4}", "\ufffd", a)  # one character of several bytes breaks into as many marks
    if len(a) != len(b) or len(a) < MIN_SHARED:
        return False
    differ = [(x, y) for x, y in zip(a, b, strict=True) if x != y]
    if len(differ) != 1:
        return False
    x, y = differ[0]
    return _is_mark_for(x, y) or _is_mark_for(y, x)


def _is_mark_for(mark: str, char: str) -> bool:
    if char.isdigit():
        return False
    return mark in BROKEN or mark == "?" and not char.isascii()
