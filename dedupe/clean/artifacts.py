"""A widget's leftovers go: `TT`, a font size, a share bar, "Advertisement".

Two passes. The first labels the lines that a rule matches, without context; the second takes those
out that have the evidence their rule asks for. Text is never taken for an artifact where an article
has no prose: a list of motor races has `TT` in it, a dictionary has "Advertisement".
"""

from itertools import groupby

from dedupe.clean.lines import ARTIFACT, DIGITS, LETTERS, STOP, UNSPACED, Article
from dedupe.clean.rules import Rule, Rules
from dedupe.engine import engine

HEAD = 12  # lines that count as an article's head
BYLINE_WIDTH = 60
LONE_RUN = 2  # lines of a rule of so many may also stand alone, where the body begins
BYLINE_LINES = 3  # a byline stands among the first lines of an article


def find_artifacts(article: Article, rules: Rules, gone: dict[int, str], source: str = "") -> dict[int, str]:
    """The lines that go beside those of `gone`, and their rules, by their place in `article.ids`."""
    labels = _label(article, rules, gone, source)
    last = next((k for k in reversed(range(len(article))) if article.prose[k] and k not in labels), -1)
    found: dict[int, str] = {}
    for k, rule in labels.items():
        if rule.evidence != "beside" and _has_evidence(article, k, rule, last):
            _take(article, rules, k, rule, found)
    for places in (labels, reversed(labels)):  # company spreads down the lines, then up
        for k in places:
            if k not in found and labels[k].evidence == "beside" and _has_company(article, k, found, gone):
                _take(article, rules, k, labels[k], found)
    return found


def _label(article: Article, rules: Rules, gone: dict[int, str], source: str) -> dict[int, Rule]:
    """The lines that rules match, where enough of one family stand together."""
    lines, labels = article.lines, {}
    for k, i in enumerate(article.ids):
        if k not in gone and (lines.flags[i] & ARTIFACT or rules.patterns):
            rule = rules.match(lines.raw(i), source)
            if rule:
                labels[k] = rule
    fit: dict[int, Rule] = {}
    for _, run in groupby(enumerate(labels), lambda x: (x[1] - x[0], labels[x[1]].family)):
        places = [k for _, k in run]
        # One line that is enough of a run by itself vouches for those beside it.
        is_run = any(labels[k].evidence != "beside" and labels[k].run <= len(places) for k in places)
        fit.update((k, labels[k]) for k in places if is_run or _is_enough(article, k, labels[k], len(places)))
    return fit


def _is_enough(article: Article, k: int, rule: Rule, run: int) -> bool:
    return rule.run <= run or (rule.run == LONE_RUN and _opens_body(article, k))


def _opens_body(article: Article, k: int) -> bool:
    """Whether line k stands between a byline or a date and the first paragraph, as a lone button does."""
    if k < 2 or article.first_prose != k + 1:
        return False
    return _reads_like_name(article, k - 1, STOP)


def _has_evidence(article: Article, k: int, rule: Rule, last_prose: int) -> bool:
    """`last_prose` is the last line of prose that no rule matches: a prompt of many words is none."""
    prose_follows = last_prose > k
    if rule.evidence == "any":
        return True
    if rule.evidence == "alone":
        return last_prose >= 0 and not _heads_entry(article, k)
    in_head = k < HEAD and prose_follows
    in_tail = last_prose >= 0 and not prose_follows
    return (rule.evidence != "tail" and in_head) or (rule.evidence != "head" and in_tail)


def _heads_entry(article: Article, k: int) -> bool:
    """Whether line k stands above a short line as a word above its meaning, in an article that parts such
    entries by blank lines."""
    if k + 1 >= len(article) or not article.joined[k] or article.prose[k + 1] or article.gapless:
        return False
    follows = article.lines.flags[article.ids[k + 1]]
    return not (k > 0 and article.joined[k - 1]) and not follows & ARTIFACT


def _has_company(article: Article, k: int, found: dict[int, str], gone: dict[int, str]) -> bool:
    """A neighbour that goes too, where it is a copy above with no gap between; or, in the head, a byline right
    above, and a gap and a headline below."""
    if k - 1 in found or k + 1 in found or k + 1 in gone or (k - 1 in gone and article.joined[k - 1]):
        return True
    if not 0 < k <= BYLINE_LINES or article.last_prose <= k or not article.joined[k - 1]:
        return False
    lines, ids = article.lines, article.ids
    if article.joined[k] and article.joined[k + 1]:
        return False  # no gap below, nor below the font size
    headline = k + 1 + article.joined[k]
    is_set = headline < len(article) and not (article.prose[headline] and lines.flags[ids[headline]] & STOP)
    return is_set and _reads_like_name(article, k - 1, STOP | DIGITS)


def _reads_like_name(article: Article, k: int, lacks: int) -> bool:
    """Whether line k may be a byline: short, of several words, and without the marks `lacks`."""
    lines, i = article.lines, article.ids[k]
    has_words = any(byte == ord(" ") or byte >= UNSPACED for byte in lines.form(i))
    flags = lines.flags[i]
    return flags & LETTERS != 0 and not flags & lacks and has_words and lines.width[i] <= BYLINE_WIDTH


def _take(article: Article, rules: Rules, k: int, rule: Rule, found: dict[int, str]) -> None:
    found[k] = rule.id
    then = rules.then.get(rule.id)
    if then and k + 1 < len(article):
        if engine.normal_form(article.lines.raw(article.ids[k + 1]), True) in then:
            found.setdefault(k + 1, rule.id)
