"""Derives the repair scan's tables from the installed ftfy: python -m dedupe.engine.make_suspicion

In comes the source of ftfy's rules (the pattern behind `is_bad`, the characters it deletes); out go
native/suspicion_table.h (a class per code point, and a finite automaton over the classes) and
suspicion_table.py (the same condition as one pattern, for the reference engine).

Why that is a necessary condition: every step of `fix_encoding`, the lossy and the inconsistent ones
too, runs only after `is_bad`. Outside of it, ftfy with our options changes a line only through C1
controls, surrogates, the control characters it deletes, and terminal escapes, which begin with one
of those. So the scan asks for one of those characters or a match of `is_bad`. It is exact up to two
things: a line never holds LF or CR, which are taken out of all sets; and `\\w`, which differs from
one Python to the next, takes in every code point that the patterns do not name.

Being exact costs no speed against a table of pairs: a step is one load, and text without a code
point that the patterns name is skipped by whole vectors.
"""

import hashlib
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from re import _constants as sre  # type: ignore[attr-defined]
from re import _parser  # type: ignore[attr-defined]
from typing import Any

HEADER = Path(__file__).parent / "native" / "suspicion_table.h"
MODULE = Path(__file__).parent / "suspicion_table.py"

LINE_ENDS = frozenset(b"\n\r")
LIMIT = 0x10000  # the patterns name nothing above
LINE_START = LIMIT  # what `^` matches, as if it were a character
UNNAMED = LIMIT + 1  # stands for all that the patterns do not name

CodePoints = frozenset[int]
Row = tuple[CodePoints, ...]
State = frozenset[tuple[int, int]]  # (row, how many of its sets have matched up to here)


def suspicious_rows() -> list[Row]:
    """What ftfy could change with our options: a line holds one of these rows, or stays as it is."""
    from ftfy import chardata, fixes
    from ftfy.badness import BADNESS_RE

    always = set(chardata.CONTROL_CHARS)
    for pattern in (chardata.C1_CONTROL_RE, fixes.SURROGATE_RE):
        for row in read_rows(pattern.pattern, pattern.flags):
            if len(row) != 1:
                raise ValueError(f"{pattern.pattern!r}: expected a set of single characters")
            always |= row[0]
    return [(frozenset(always - LINE_ENDS),), *read_rows(BADNESS_RE.pattern, BADNESS_RE.flags)]


def source_digest() -> str:
    """Changes whenever ftfy changes what the tables are made of."""
    from ftfy import chardata, fixes
    from ftfy.badness import BADNESS_RE

    parts = [BADNESS_RE.pattern, chardata.C1_CONTROL_RE.pattern, fixes.SURROGATE_RE.pattern]
    parts += [fixes.ANSI_RE.pattern, repr(sorted(chardata.CONTROL_CHARS))]
    return hashlib.sha256(ascii(parts).encode()).hexdigest()[:16]


# From a pattern to rows of sets


def read_rows(pattern: str, flags: int) -> list[Row]:
    """The alternatives of a pattern, optional parts spelt out, each a row of sets of code points."""
    if flags & ~(re.UNICODE | re.VERBOSE):
        raise ValueError(f"flags {flags:#x}: the tables know re.UNICODE and re.VERBOSE alone")
    tree = list(_parser.parse(pattern, flags))
    named = frozenset(_named(tree))
    if max(named) >= LIMIT:
        raise ValueError(f"{max(named):#x} is named: the tables end at {LIMIT:#x}")
    return list(dict.fromkeys(_spell(tree, named)))


def _named(tree: Iterable[Any]) -> Iterator[int]:
    for op, value in tree:
        if op in (sre.LITERAL, sre.NOT_LITERAL):
            yield value
        elif op is sre.RANGE:
            yield from range(value[0], value[1] + 1)
        elif op is sre.IN:
            yield from _named(value)
        elif op is sre.BRANCH:
            for branch in value[1]:
                yield from _named(branch)
        elif op in (sre.SUBPATTERN, sre.MAX_REPEAT):
            yield from _named(value[-1])


def _spell(nodes: list[Any], named: CodePoints) -> Iterator[Row]:
    if not nodes:
        yield ()
        return
    (op, value), tails = nodes[0], list(_spell(nodes[1:], named))
    if op is sre.BRANCH:
        heads = [row for branch in value[1] for row in _spell(list(branch), named)]
    elif op is sre.SUBPATTERN:
        heads = list(_spell(list(value[-1]), named))
    elif op is sre.MAX_REPEAT and value[1] <= 4:
        low, high, body = value
        heads = [row for n in range(low, high + 1) for row in _spell(list(body) * n, named)]
    else:
        heads = [(_members(op, value, named) - LINE_ENDS,)]
    for head in heads:
        for tail in tails:
            yield head + tail


def _members(op: Any, value: Any, named: CodePoints) -> CodePoints:
    everything = frozenset([*range(LIMIT), UNNAMED])
    if op is sre.LITERAL:
        return frozenset([value])
    if op is sre.NOT_LITERAL:
        return everything - {value}
    if op is sre.RANGE:
        return frozenset(range(value[0], value[1] + 1))
    if op is sre.ANY:
        return everything
    if op is sre.AT and value is sre.AT_BEGINNING:
        return frozenset([LINE_START])
    if op is sre.CATEGORY and value is sre.CATEGORY_SPACE:
        return frozenset(c for c in range(LIMIT) if chr(c).isspace())
    if op is sre.CATEGORY and value is sre.CATEGORY_WORD:
        ours = {c for c in named | set(range(128)) if chr(c).isalnum() or c == ord("_")}
        return (everything - named - set(range(128))) | ours
    if op is sre.IN:
        negated = value[0][0] is sre.NEGATE
        chosen = frozenset[int]().union(*(_members(op, part, named) for op, part in value[negated:]))
        return everything - chosen if negated else chosen
    raise ValueError(f"{op} {value}: the tables do not know this part of a pattern")


# From rows to an automaton over classes


class Automaton:
    """The search for any of the rows, deterministic and smallest.

    `class_of[c]` for each c < LIMIT, 0 for the unnamed; `steps[state][class]` is the next state,
    `hit` the last of them. States that ASCII alone leads to are the first `n_quiet`: a scan may
    leave them, skip, and begin again in state 0, `lookback` characters before the next non-ASCII.
    """

    def __init__(self, rows: list[Row]) -> None:
        sets = list(dict.fromkeys(s for row in rows for s in row))
        signatures = [0] * (UNNAMED + 1)
        for i, members in enumerate(sets):
            for c in members:
                signatures[c] |= 1 << i
        for c in LINE_ENDS:
            signatures[c] = signatures[LINE_START]
        kinds = {signatures[UNNAMED]: 0}
        class_of = [kinds.setdefault(signature, len(kinds)) for signature in signatures]

        number = {s: i for i, s in enumerate(sets)}
        wanted = [[1 << number[s] for s in row] for row in rows]
        states = self._explore(wanted, list(kinds), sorted({class_of[c] for c in range(128)}))
        group = self._merge(states, len(kinds))
        quiet_groups = {group[s] for s in self._quiet}
        order = sorted(set(group.values()), key=lambda g: (g == group[HIT], g not in quiet_groups, g))
        name = {g: i for i, g in enumerate(order)}
        steps = [[0] * len(kinds) for _ in order]
        for state, row in states.items():
            for k, after in enumerate(row):
                steps[name[group[state]]][k] = name[group[after]]

        columns: dict[tuple[int, ...], int] = {}
        merged = [columns.setdefault(column, len(columns)) for column in zip(*steps, strict=True)]
        self.class_of = [merged[k] for k in class_of[:LIMIT]]
        self.line_start = merged[class_of[LINE_START]]
        self.n_classes = len(columns)
        self.steps = [list(row) for row in zip(*columns, strict=True)]
        self.hit = len(self.steps) - 1
        self.n_quiet = len(quiet_groups)
        self.lookback = max((done for state in self._quiet for _, done in state), default=0)

    def _explore(self, wanted: list[list[int]], kinds: list[int], ascii_kinds: list[int]) -> dict[State, list[State]]:
        def step(state: State, kind: int) -> State:
            after = set()
            for row, done in [*state, *((row, 0) for row in range(len(wanted)))]:
                if kind & wanted[row][done]:
                    if done + 1 == len(wanted[row]):
                        return HIT
                    after.add((row, done + 1))
            return frozenset(after)

        self._quiet: list[State] = [frozenset()]
        for state in self._quiet:
            for k in ascii_kinds:
                if (after := step(state, kinds[k])) != HIT and after not in self._quiet:
                    self._quiet.append(after)
        found = list(self._quiet)
        steps: dict[State, list[State]] = {}
        known = set(found)
        for state in found:
            steps[state] = [step(state, kind) for kind in kinds]
            for after in steps[state]:
                if after != HIT and after not in known:
                    known.add(after)
                    found.append(after)
        steps[HIT] = [HIT] * len(kinds)
        return steps

    def _merge(self, states: dict[State, list[State]], n_kinds: int) -> dict[State, int]:
        """Moore's partition: states that no continuation tells apart share a number."""
        group = {state: int(state == HIT) for state in states}
        while True:
            views: dict[tuple[int, ...], int] = {}
            finer = {
                state: views.setdefault((group[state], *(group[a] for a in after)), len(views))
                for state, after in states.items()
            }
            if len(views) == len(set(group.values())):
                return group
            group = finer


HIT: State = frozenset([(-1, -1)])


# From the automaton to files


def busy_condition(class_of: list[int]) -> str:
    """C for: these three bytes of UTF-8 begin a named code point above ASCII. Only &, | and WITHIN
    are used, which gives 0xff or 0, so that a loop over it becomes vector code."""

    def ranges(values: Iterable[int]) -> Iterator[tuple[int, int]]:
        values = sorted(values)
        start = 0
        for i in range(1, len(values) + 1):
            if i == len(values) or values[i] != values[i - 1] + 1:
                yield values[start], values[i - 1]
                start = i

    def within(name: str, low: int, high: int) -> str:
        return f"WITHIN({name}, {low:#x}, {high:#x})"

    two = {0xC0 | c >> 6 for c in range(0x80, 0x800) if class_of[c]}
    terms = [within("a", *r) for r in ranges(two)]
    for lead in range(16):
        blocks: dict[int, list[int]] = {}
        for c in range(max(0x800, lead << 12), (lead + 1) << 12):
            if class_of[c]:
                blocks.setdefault(0x80 | c >> 6 & 0x3F, []).append(0x80 | c & 0x3F)
        whole = [second for second, thirds in blocks.items() if len(thirds) > 8]
        if len(blocks) > 4 and len(whole) < len(blocks):
            terms.append(within("a", 0xE0 | lead, 0xE0 | lead))
            continue
        inner = [within("b", *r) for r in ranges(whole)]
        for second, thirds in blocks.items():
            if second not in whole:
                inner.append(f"({within('b', second, second)} & {within('c', thirds[0], thirds[-1])})")
        if inner:
            terms.append(f"({within('a', 0xE0 | lead, 0xE0 | lead)} & ({' | '.join(inner)}))")
    return " | \\\n     ".join(terms)


def render_header(machine: Automaton, digest: str, version: str) -> str:
    if machine.hit * machine.n_classes > 0xFFFF or machine.n_classes > 0xFF:
        raise ValueError("the automaton outgrew its 16 bits")
    blocks: dict[tuple[int, ...], int] = {}
    stage = [blocks.setdefault(tuple(machine.class_of[i : i + 64]), len(blocks)) for i in range(0, LIMIT, 64)]
    steps = [after * machine.n_classes for row in machine.steps[:-1] for after in row]
    return f"""\
/* Generated by python -m dedupe.engine.make_suspicion from ftfy {version}, rules {digest}.
 * suspicion.c says how these are used; make_suspicion.py what they mean. */
#define N_CLASSES {machine.n_classes}
#define CLASS_LINE_START {machine.line_start}
#define QUIET_END {machine.n_quiet * machine.n_classes}
#define HIT {machine.hit * machine.n_classes}
#define LOOKBACK {machine.lookback}

#define BUSY(a, b, c) \\
    ({busy_condition(machine.class_of)})

/* The block of 64 classes for each 64 code points below U+10000. */
static const uint8_t CLASS_BLOCK[{len(stage)}] = {{
{_wrap(stage)}
}};

static const uint8_t CLASS_OF[{len(blocks)}][64] = {{
{_wrap_rows(blocks)}
}};

/* By state and class; a state is the number of its row times N_CLASSES. */
static const uint16_t STEP[{len(steps)}] = {{
{_wrap(steps)}
}};
"""


def _wrap(values: Iterable[int]) -> str:
    lines, line = [], ""
    for value in values:
        if len(line) + len(str(value)) > 118:
            lines.append(line)
            line = ""
        line += f"{value},"
    return "\n".join([*lines, line])


def _wrap_rows(rows: Iterable[Iterable[int]]) -> str:
    return ",\n".join("{" + _wrap(row).rstrip(",") + "}" for row in rows)


def render_module(rows: list[Row], digest: str, version: str) -> str:
    alternatives = "\n".join(f'    r"{"".join(_set_pattern(s) for s in row)}",' for row in rows)
    return f'''\
"""Generated by python -m dedupe.engine.make_suspicion: what ftfy could change, as a pattern's parts."""

FTFY_VERSION = "{version}"
FTFY_RULES = "{digest}"  # make_suspicion.source_digest() of that version

ALTERNATIVES = (
{alternatives}
)
'''


def _set_pattern(members: CodePoints) -> str:
    if LINE_START in members:
        return "^"
    negated = UNNAMED in members
    listed = sorted(set(range(LIMIT)) - members if negated else members)
    parts, i = [], 0
    while i < len(listed):
        j = i
        while j + 1 < len(listed) and listed[j + 1] == listed[j] + 1:
            j += 1
        low, high = f"\\u{listed[i]:04x}", f"\\u{listed[j]:04x}"
        parts.append(low if i == j else f"{low}-{high}")
        i = j + 1
    return f"[{'^' * negated}{''.join(parts)}]"


def render() -> dict[Path, str]:
    """The text of each generated file."""
    import ftfy

    rows, digest = suspicious_rows(), source_digest()
    return {
        HEADER: render_header(Automaton(rows), digest, ftfy.__version__),
        MODULE: render_module(rows, digest, ftfy.__version__),
    }


if __name__ == "__main__":
    for path, text in render().items():
        path.write_text(text, encoding="ascii", newline="\n")
        print(path, len(text))
