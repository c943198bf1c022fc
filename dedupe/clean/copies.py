"""Is the later of two lines a copy of the earlier one? Answered on normal forms, never on keys.

A copy says the same words. It may lack its end, where a mark says so ("…"); it may have or lack a
credit before it or a site's name behind it; one of its characters may be broken. Numbers agree.

Labels are told by their words (labels.py): "Correction: ..." makes another line whatever stands around, "Photo:
..." does not, and of a label with unknown words ("Helgoland: ...") only the neighbours tell: where lines
of the head stand twice as they are, it is a scraper's label, and else an author's.
"""

import re

from dedupe.clean.labels import CREDIT, SITE, TELLING, label_kind
from dedupe.engine import unicode_tables
from dedupe.engine.code_points import properties

NO_COPY, COPY, LABELLED = range(3)
MIN_SHARED = 12  # characters that a copy must share beyond what it lacks or adds
MAX_LABEL = 40  # characters of a credit or of a site's name
MAX_LABEL_SPACES = 6
CUT_MARKS = ("[...]", "(...)", "...")
MAX_FOLDED = 2  # characters that one may fold to: ß is ss
CREDIT_ENDS = ":|/-"  # "photo: ", "afp - ", "reuters/"
COPYRIGHT = "©"
SITE_BEGINS = "|·•/-"  # " | the daily news", " - example.com"
CREDIT_LACKS = ".!?"
SITE_LACKS = "!?,;:|"
BRACKETS = {"(": ")", "[": "]", "（": "）", "【": "】"}  # "(reuters) ", " (afp)"
BROKEN = "\ufffd□\x1a"  # what decoders write for what they cannot read
LAST_SEPARATOR = re.compile(r".*\s[|·•/\-\u2010-\u2015\u2212]+\s*(\S)", re.DOTALL)
CASELESS = 0x590  # behind Latin, Greek, Cyrillic and Armenian, which have capitals
MAX_BROKEN = 4  # marks that one character of several bytes breaks into


def is_copy(first: bytes, later: bytes, first_raw: bytes, later_raw: bytes) -> int:
    """Whether `later` copies `first`; both are normal forms, the raw lines tell of capital letters.

    NO_COPY, COPY, or LABELLED: a copy where other lines of the head stand twice.
    """
    if first == later:
        return COPY
    a, b = _join_quotes(first), _join_quotes(later)
    if a == b or _is_cut(a, b) or _is_broken(a, b):
        return COPY
    return _is_labelled(a, b, later_raw) if len(a) < len(b) else _is_labelled(b, a, first_raw)


def _join_quotes(form: bytes) -> str:
    """French quotation marks stand off the words that they quote."""
    return form.decode("utf-8", "surrogatepass").replace(" '", "'").replace("' ", "'")


def _is_cut(first: str, later: str) -> bool:
    mark = next((mark for mark in CUT_MARKS if later.endswith(mark)), "")
    rest = later[: len(later) - len(mark)].rstrip(" .")
    if not mark or len(rest) < MIN_SHARED or not first.startswith(rest):
        return False
    # A number cut in two is another number.
    return len(first) == len(rest) or not (_is_digit(rest[-1]) and _is_digit(first[len(rest)]))


def _is_labelled(plain: str, labelled: str, raw: bytes) -> int:
    extra = len(labelled) - len(plain)
    if not 0 < extra <= MAX_LABEL or len(plain) < MIN_SHARED:
        return NO_COPY
    credit = _is_credit(labelled[:extra]) if labelled.endswith(plain) else NO_COPY
    if credit == COPY or not labelled.startswith(plain):
        return credit
    return _is_site(labelled[len(plain) :], raw) or credit


def _label_tells(kind: int, known: bool) -> int:
    """Whether a label is one that a copy may have; LABELLED where only the copies around could tell."""
    return NO_COPY if kind & TELLING else COPY if known else LABELLED


def _is_credit(label: str) -> int:
    label = label.strip(" ")
    known, ends = CREDIT, True
    if _is_bracketed(label):
        known = CREDIT | SITE  # "(The Valley Post) " is a source, "The Valley Post: " may be what a post says
    elif label[:1] == COPYRIGHT and _is_name(label[1:].lstrip(" "), CREDIT_LACKS):
        ends = False  # no mark tells where it ends
    else:
        if label[-1:] not in CREDIT_ENDS:
            return NO_COPY
        label = label[:-1].rstrip(" ")
        if not _is_name(label, CREDIT_LACKS):
            return NO_COPY
    kind = label_kind(label)
    tells = _label_tells(kind, kind & known != 0)
    return NO_COPY if tells == LABELLED and not ends else tells


def _is_site(label: str, raw: bytes) -> int:
    label = label.strip(" ")
    is_site = False
    if not _is_bracketed(label):
        if label[:1] not in SITE_BEGINS or not _is_name(label[1:].lstrip(" "), SITE_LACKS):
            return NO_COPY
        if "." not in label and not _has_capital_name(raw):
            return NO_COPY
        is_site = "." in label or label[0] == "|"
    kind = label_kind(label)
    return _label_tells(kind, kind != 0 or is_site)


def _has_capital_name(raw: bytes) -> bool:
    """Whether a capital letter, or one of a script without capitals, follows the last separator that
    stands behind a space: a name begins so, a sub-headline that goes on does not."""
    begins = LAST_SEPARATOR.match(raw.decode("utf-8", "surrogatepass"))
    if not begins:
        return False
    bits = properties(ord(begins[1]))
    return bits & unicode_tables.LETTER != 0 and (bits & unicode_tables.FOLD != 0 or ord(begins[1]) >= CASELESS)


def _is_bracketed(label: str) -> bool:
    return label[:1] in BRACKETS and label[-1:] == BRACKETS[label[:1]] and _is_name(label[1:-1], "".join(BRACKETS))


def _is_name(name: str, lacks: str) -> bool:
    """A few words without a number; a full stop only within a word, as in example.com."""
    if not name or not _is_letter(name[0]) or name.count(" ") > MAX_LABEL_SPACES:
        return False
    for here, after in zip(name, name[1:] + " ", strict=True):
        if here in lacks or _is_digit(here) or (here == "." and not _is_letter(after)):
            return False
    return True


def _is_broken(a: str, b: str) -> bool:
    """One character of one of the two is a mark for "could not be read"."""
    if min(len(a), len(b)) < MIN_SHARED or abs(len(a) - len(b)) >= MAX_BROKEN:
        return False
    start = next((i for i, (x, y) in enumerate(zip(a, b, strict=False)) if x != y), min(len(a), len(b)))
    stop = 0
    while stop < min(len(a), len(b)) - start and a[-1 - stop] == b[-1 - stop]:
        stop += 1
    x, y = a[start : len(a) - stop], b[start : len(b) - stop]
    return _stands_for(x, y) or _stands_for(y, x)


def _stands_for(marks: str, char: str) -> bool:
    """Whether `marks` is what is left of the one character that folded to `char`."""
    if not 1 <= len(char) <= MAX_FOLDED or any(map(_is_digit, char)):
        return False
    if marks == "?":
        return not char.isascii() or char == "ss"
    return bool(marks) and all(mark in BROKEN for mark in marks)


def _is_letter(char: str) -> bool:
    return properties(ord(char)) & unicode_tables.LETTER != 0


def _is_digit(char: str) -> bool:
    return properties(ord(char)) & unicode_tables.DIGIT != 0
