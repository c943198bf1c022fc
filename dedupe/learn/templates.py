"""Lines that are one but for a word: "Published Monday, 3 March", "Published Friday, 9 May".

Lines of a source are put together by what is left when words are masked: all words in lines with numbers, each
in turn in lines without. In such a group a word stands fast, or it is a slot whose few words come again and
again. How much comes again is measured as Good and Turing did: the share of documents whose word no other has
is the chance that the next document brings a new one. Slots that have words in common are pooled, over all
sources, so that a week's days are known although each site shows a few.
"""

from collections import Counter, defaultdict
from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import regex

from dedupe.engine import unicode_tables as tables
from dedupe.engine.code_points import char_class
from dedupe.learn.lines import Line

WORD = regex.compile(char_class(tables.WORD) + "+")
_SINGLE = char_class(tables.WORD | tables.SINGLE)
_JOINED = char_class(tables.WORD, tables.SINGLE)
WORD_OR_CHARACTER = regex.compile(f"{_SINGLE}|{_JOINED}+")  # a character of Chinese is a word
JOINED_NUMBERS = regex.compile("#(?:[.,]#)+")
MASK = "\x01"
MOST_WORDS, MOST_MASKED = 16, 8  # as in dedupe/engine/native/tally.c
MOST_VALUES = 40  # words of one slot
MOST_SLOTS = 4
FAST = 0.9  # share of a group's documents that have the word which stands fast
NEW = 0.34  # chance of a new word at which a slot is open: ten documents show half of a year's months so
IN_COMMON = 2  # words that pool two slots, and half of those of one
TOGETHER = 1.05  # lines that stand on one document together are no variants of each other
SHORT_BYTES = 240


@dataclass(slots=True)
class Template:
    """Lines of a source that are one: its forms, which differ in how numbers are written, each a line and pieces of
    its text with a slot between each two; and each slot's words."""

    lines: list[Line]
    forms: list[tuple[Line, list[str]]]
    slots: list[Counter[str]] = field(default_factory=list)

    @property
    def documents(self) -> int:
        return sum(line.documents for line in self.lines)


@dataclass(slots=True)
class Group:
    """Lines that agree when words are masked: each with its words."""

    skeleton: str
    members: list[tuple[Line, tuple[str, ...]]]

    @property
    def documents(self) -> int:
        return sum(line.documents for line, _ in self.members)

    def column(self, k: int) -> Counter[str]:
        """How many documents have which word in place k."""
        words: Counter[str] = Counter()
        for line, found in self.members:
            words[found[k]] += line.documents
        return words

    def part(self, words: Mapping[int, Container[str]]) -> tuple["Group", "Group"]:
        """The lines that have one of these words in each of these places, and the others."""
        parts: tuple[list[tuple[Line, tuple[str, ...]]], list[tuple[Line, tuple[str, ...]]]] = ([], [])
        for member in self.members:
            parts[any(member[1][k] not in wanted for k, wanted in words.items())].append(member)
        return Group(self.skeleton, parts[0]), Group(self.skeleton, parts[1])

    def parts_by(self, k: int, words: Container[str]) -> list["Group"]:
        """The lines parted by their word in place k: those with each of `words`, and the others together."""
        parts: dict[str | None, list[tuple[Line, tuple[str, ...]]]] = {}
        for member in self.members:
            parts.setdefault(member[1][k] if member[1][k] in words else None, []).append(member)
        return [Group(self.skeleton, members) for members in parts.values()]


class Vocabulary:
    """The slots that were seen, pooled where they have words in common."""

    def __init__(self) -> None:
        self.slots: list[Counter[str]] = []
        self.pool_of: dict[str, frozenset[str]] = {}
        self.calendar: frozenset[str] = frozenset()
        """Words that vary beside dates and times."""

    def pool(self) -> None:
        """Knows from now on which words are of one closed pool."""
        owner = list(range(len(self.slots)))

        def root(i: int) -> int:
            while owner[i] != i:
                i = owner[i]
            return i

        shared: Counter[tuple[int, int]] = Counter()
        holders: dict[str, list[int]] = defaultdict(list)
        for i, slot in enumerate(self.slots):
            for word in sorted(slot):
                shared.update((k, i) for k in holders[word][-MOST_VALUES:])
                holders[word].append(i)
        for (a, b), n in sorted(shared.items()):
            if n >= IN_COMMON and 2 * n >= min(len(self.slots[a]), len(self.slots[b])):
                owner[root(b)] = root(a)
        pools: dict[int, Counter[str]] = defaultdict(Counter)
        for i, slot in enumerate(self.slots):
            pools[root(i)].update(slot)
        for words in pools.values():
            if _is_closed(words):
                known = frozenset(word for word, n in words.items() if n > 1)
                for word in known:
                    if len(known) > len(self.pool_of.get(word, ())):
                        self.pool_of[word] = known

    def knows(self, words: Mapping[str, int]) -> bool:
        """Whether nearly all of these are of one pool."""
        return self.pool_for(words) is not None

    def pool_for(self, words: Mapping[str, int]) -> frozenset[str] | None:
        """The pool that nearly all of these are of."""
        best = self.main_pool(words)
        return best if sum(words[word] for word in words if word in best) >= FAST * sum(words.values()) else None

    def main_pool(self, words: Mapping[str, int]) -> frozenset[str]:
        """The pool that most of those are of that are of any."""
        pools = Counter[frozenset[str]]()
        for word, n in words.items():
            if word in self.pool_of:
                pools[self.pool_of[word]] += n
        return max(pools, key=lambda pool: (pools[pool], sorted(pool)), default=frozenset())


def find_templates(lines: Sequence[Line], need: int, n_documents: int, vocabulary: Vocabulary) -> Iterator[Template]:
    """The templates of one source that stand on at least `need` of its documents.

    A first run over all sources fills the vocabulary with the slots that there may be; what it gives is found
    again in a second, after `Vocabulary.pool`.
    """
    for group in _groups(lines):
        yield from _split(group, need, n_documents, vocabulary)


def _groups(lines: Iterable[Line]) -> Iterator[Group]:
    """Groups of two lines and more; of lines without numbers each word is masked in turn."""
    groups: dict[tuple[str, int], list[tuple[Line, tuple[str, ...]]]] = defaultdict(list)
    for line in lines:
        if MASK in line.shape or len(line.shape.encode("utf-8", "surrogatepass")) > SHORT_BYTES:
            continue
        if "#" in line.shape:
            words = [match.span() for match in WORD.finditer(line.shape)]
            masks = [words] if 1 <= len(words) <= MOST_WORDS else []
        else:
            words = [match.span() for match in WORD_OR_CHARACTER.finditer(line.shape)]
            masks = [[word] for word in words] if 2 <= len(words) <= MOST_MASKED else []
        for mask in masks:
            pieces, at = [], 0
            for start, end in mask:
                pieces.append(line.shape[at:start])
                at = end
            skeleton = JOINED_NUMBERS.sub("#", MASK.join([*pieces, line.shape[at:]]))
            groups[skeleton, len(mask)].append((line, tuple(line.shape[start:end] for start, end in mask)))
    for (skeleton, _), members in groups.items():
        if len(members) > 1:
            yield Group(skeleton, members)


def _split(group: Group, need: int, n_documents: int, vocabulary: Vocabulary) -> Iterator[Template]:
    """The group as one template, or the templates of its parts."""
    waiting = [group]
    while waiting:
        group = waiting.pop()
        total = group.documents
        if total < need or len(group.members) < 2:
            continue
        columns = [group.column(k) for k in range(len(group.members[0][1]))]
        firsts = [min(column, key=lambda word: (-column[word], word)) for column in columns]
        fast = [k for k, column in enumerate(columns) if column[firsts[k]] >= FAST * total]
        slots = [k for k in range(len(columns)) if k not in fast]
        same, strays = group.part({k: (firsts[k],) for k in fast})
        if strays.members and same.members:
            waiting += [same, strays]
            continue
        known, strays = group.part({k: vocabulary.main_pool(columns[k]) for k in slots})
        parts = strays.members and len(known.members) > 1 and known.documents >= need
        if parts and not fast:  # words that stand fast vouch for others, until all is seen
            waiting += [known, strays]
            continue
        if len(slots) <= MOST_SLOTS and total <= TOGETHER * n_documents:
            vocabulary.slots += [columns[k] for k in slots] if fast else []
            if all(_is_closed(columns[k]) or vocabulary.knows(columns[k]) for k in slots):
                yield _make_template(group, firsts, slots, columns, vocabulary)
                continue
        if parts:
            waiting += [known, strays]
            continue
        places = [(columns[k][firsts[k]], -k) for k in slots if columns[k][firsts[k]] >= need]
        if places:
            k = -max(places)[1]
            waiting += group.parts_by(k, {word for word, n in columns[k].items() if n >= need})


def _make_template(
    group: Group, firsts: Sequence[str], slots: Sequence[int], columns: Sequence[Counter[str]], vocabulary: Vocabulary
) -> Template:
    """Words that stand fast become text; a slot takes the words of its pool too."""
    lines = [line for line, _ in group.members]
    skeletons = {WORD.sub(MASK, line.shape): line for line in reversed(lines)} if "#" in group.skeleton else {}
    forms = []
    for skeleton, line in skeletons.items() or [(group.skeleton, lines[0])]:
        first, *texts = skeleton.split(MASK)
        pieces = [first]
        for k, text in enumerate(texts):
            if k in slots:
                pieces.append(text)
            else:
                pieces[-1] += firsts[k] + text
        forms.append((line, pieces))
    found = []
    for k in slots:
        pool = vocabulary.pool_for(columns[k]) or ()
        found.append(Counter({**dict.fromkeys(pool, 0), **columns[k]}))
    return Template(lines, forms, found)


def _is_closed(words: Mapping[str, int]) -> bool:
    new = sum(n == 1 for n in words.values()) / max(sum(words.values()), 1)
    return len(words) <= MOST_VALUES and new <= NEW
