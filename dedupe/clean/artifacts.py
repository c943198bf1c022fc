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
BYLINE_LINES = 3  # a byline stands among the first lines of an article


def find_artifacts(article: Article, rules: Rules, gone: dict[int, str], source: str = "") -> dict[int, str]:
    """The lines that go beside those of `gone`, and their rules, by their place in `article.ids`."""
    labels = _label(article, rules, gone, source)
    found: dict[int, str] = {}
    for k, rule in labels.items():
        if rule.evidence != "beside" and _has_evidence(article, k, rule):
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
        fit.update((k, labels[k]) for k in places if labels[k].run <= len(places))
    return fit


def _has_evidence(article: Article, k: int, rule: Rule) -> bool:
    prose_follows = article.last_prose > k
    if rule.evidence == "any":
        return True
    if rule.evidence == "alone":
        return article.last_prose >= 0 and not _heads_entry(article, k)
    in_head = k < HEAD and prose_follows
    in_tail = article.last_prose >= 0 and not prose_follows
    return (rule.evidence != "tail" and in_head) or (rule.evidence != "head" and in_tail)


def _heads_entry(article: Article, k: int) -> bool:
    """Whether line k stands above a short line as a word above its meaning, in an article that parts such
    entries by blank lines."""
    if k + 1 >= len(article) or not article.joined[k] or article.prose[k + 1] or article.gapless:
        return False
    follows = article.lines.flags[article.ids[k + 1]]
    return not (k > 0 and article.joined[k - 1]) and not follows & ARTIFACT


def _has_company(article: Article, k: int, found: dict[int, str], gone: dict[int, str]) -> bool:
    """A neighbour that goes too, or, in the head, a byline right above, and a gap and a headline below."""
    if any(x in found or x in gone for x in (k - 1, k + 1)):
        return True
    if not 0 < k <= BYLINE_LINES or article.last_prose <= k or not article.joined[k - 1]:
        return False
    lines, ids = article.lines, article.ids
    flags, width = lines.flags[ids[k - 1]], lines.width[ids[k - 1]]
    has_words = any(byte == ord(" ") or byte >= UNSPACED for byte in lines.form(ids[k - 1]))
    reads_like_name = flags & LETTERS and not flags & (STOP | DIGITS) and has_words
    if article.joined[k] and article.joined[k + 1]:
        return False  # no gap below, nor below the font size
    headline = k + 1 + article.joined[k]
    is_set = headline < len(article) and not (article.prose[headline] and lines.flags[ids[headline]] & STOP)
    return bool(reads_like_name) and width <= BYLINE_WIDTH and is_set


def _take(article: Article, rules: Rules, k: int, rule: Rule, found: dict[int, str]) -> None:
    found[k] = rule.id
    then = rules.then.get(rule.id)
    if then and k + 1 < len(article):
        if engine.normal_form(article.lines.raw(article.ids[k + 1]), True) in then:
            found.setdefault(k + 1, rule.id)
