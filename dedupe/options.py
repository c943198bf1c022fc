"""What each stage may be told: one frozen record a stage, and the only home of defaults.

The command line, the library and the configuration file fill these; no stage has defaults of its own.
A wrong value is a ValueError at construction, a wrong type a TypeError, before anything is read.
"""

from __future__ import annotations

from os import PathLike

from dedupe.typed import TYPE_CHECKING, dataclass_transform

if TYPE_CHECKING:
    from inspect import Signature
    from typing import Any, Literal, Self

FORMATS = ("text", "markdown", "jsonl", "csv", "tsv", "parquet")
UNFIT = ("\0", "\r", "\n", '"')  # for a delimiter
FLAG, TEXT, COUNT, RATIO, NAMES = "True or False", "a str", "an int", "a number", "a tuple of str"


def expect(kind: str, **values: object) -> None:
    """TypeError for the first value that is not of this kind."""
    for name, value in values.items():
        if not _is_a(kind, value):
            raise TypeError(f"{name} must be {kind}, not {value!r} of type {type(value).__name__}")


def _is_a(kind: str, value: Any) -> bool:
    if isinstance(value, bool) or kind == FLAG:
        return isinstance(value, bool) and kind == FLAG
    if kind == TEXT:
        return isinstance(value, str)
    if kind == NAMES:
        return isinstance(value, tuple | list) and all(isinstance(name, str | PathLike) for name in value)
    return hasattr(value, "__index__") or (kind == RATIO and isinstance(value, float))


def expect_or_none(kind: str, **values: object) -> None:
    """As `expect`; None is right too."""
    expect(kind, **{name: value for name, value in values.items() if value is not None})


class _Signature:
    """The fields of a class of options as arguments, for `help` and editors."""

    def __get__(self, options: Options | None, kind: type[Options]) -> Signature:
        from inspect import Parameter, Signature

        defaults = kind.defaults().items()
        return Signature([Parameter(n, Parameter.POSITIONAL_OR_KEYWORD, default=value) for n, value in defaults])


@dataclass_transform(frozen_default=True)
class Options:
    """A frozen record of the annotated fields of its class, as a frozen dataclass is one: equal by value, hashable,
    and made anew by `replace`. To import `dataclasses` and make six of them takes as long as dropping the duplicates
    of a thousand documents, and a hook starts for every commit.
    """

    __signature__ = _Signature()

    def __init__(self, *values: Any, **named: Any) -> None:
        kind, fields = type(self).__name__, self.defaults()
        if len(values) > len(fields):
            raise TypeError(f"{kind} takes {len(fields)} values, not {len(values)}")
        placed = dict(zip(fields, values, strict=False))
        for name in named:
            if name not in fields:
                raise TypeError(f"{kind} has no option {name!r}; it has {', '.join(fields)}")
            if name in placed:
                raise TypeError(f"{kind} was given {name!r} twice")
        self.__dict__.update({**fields, **placed, **named})
        self._check()

    def _check(self) -> None:
        """Raises for values that are wrong by themselves or together."""

    @classmethod
    def defaults(cls) -> dict[str, Any]:
        """The value of each field that is not told, by its name, in order."""
        return {name: getattr(cls, name) for kind in reversed(cls.__mro__[:-1]) for name in kind.__annotations__}

    def replace(self, **changes: Any) -> Self:
        """The same options but for these."""
        return type(self)(**{**self.__dict__, **changes})

    __replace__ = replace  # of copy.replace

    def to_dict(self) -> dict[str, Any]:
        """The values by their names; options within options are a dict too."""
        return {n: value.to_dict() if isinstance(value, Options) else value for n, value in self.__dict__.items()}

    def __setattr__(self, name: str, value: Any) -> None:
        raise AttributeError(f"options do not change; .replace({name}=...) makes others")

    def __delattr__(self, name: str) -> None:
        raise AttributeError(f"options do not change; {name!r} stays")

    def __eq__(self, other: object) -> bool:
        return self.__dict__ == other.__dict__ if type(self) is type(other) else NotImplemented

    def __hash__(self) -> int:
        return hash((type(self), *self.__dict__.values()))

    def __repr__(self) -> str:
        return f"{type(self).__name__}({', '.join(f'{name}={value!r}' for name, value in self.__dict__.items())})"


class ReadOptions(Options):
    """Where a record's text lies."""

    format: Literal["text", "markdown", "jsonl", "csv", "tsv", "parquet"] | None = None
    """None: by suffix, else by the first byte (`{` is JSONL)."""
    field: str = "text"
    """The field or column that holds the text."""
    id_field: str = "id"
    """The field or column that names a record in audits; records without it go by line number."""
    strict: bool = False
    """Stop at the first broken record instead of passing it through."""
    delimiter: str | None = None
    """CSV: the character between two fields; None: the one with which the first rows have the column."""

    def _check(self) -> None:
        expect(TEXT, field=self.field, id_field=self.id_field)
        expect(FLAG, strict=self.strict)
        expect_or_none(TEXT, delimiter=self.delimiter)
        if self.format not in (None, *FORMATS):
            raise ValueError(f"format {self.format!r}: use one of {', '.join(FORMATS)}")
        if self.delimiter is not None and not (len(self.delimiter) == 1 and self.delimiter.isascii()):
            raise ValueError(f"delimiter {self.delimiter!r}: use one ASCII character, or tab")
        if self.delimiter in UNFIT:
            raise ValueError(f"delimiter {self.delimiter!r}: ends rows or quotes fields; use another")


class RepairOptions(Options):
    """Broken Unicode."""

    enabled: bool = True
    """Off, text stays as broken as it is; bytes that are not UTF-8 are decoded all the same."""
    unescape_html: bool = False
    """Turn `&amp;` and its like into characters. Off: authors write about entities too."""

    def _check(self) -> None:
        expect(FLAG, enabled=self.enabled, unescape_html=self.unescape_html)


class CleanOptions(Options):
    """What one document says twice, or should not say."""

    split: str = "auto"
    """Where a capture is cut into articles: auto, never, or a regular expression that a line must
    match to begin an article."""
    repair: RepairOptions = RepairOptions()
    captions: Literal["keep", "drop"] = "keep"
    """keep: one copy of a repeated caption stays; drop: none does."""
    rules: tuple[str, ...] = ()
    """Rules files to apply beside the shipped ones."""
    no_rule: tuple[str, ...] = ()
    """Rules that do not apply: an id (`en.share`), or a family (`en`, `repeat`)."""
    by: str = ""
    """JSONL: the field that names a document's source, for rules that are for one; empty: what the rules
    were learned by, else `source`, else the host of `url`."""
    source: str = ""
    """The source of documents that do not name theirs."""
    page: bool = False
    """Each document is all visible text of one web page, a block a line: only its article stays."""
    headline: bool = True
    """Of a page, the headline stays above its article."""

    def _check(self) -> None:
        expect(TEXT, split=self.split, by=self.by, source=self.source)
        expect(NAMES, rules=self.rules, no_rule=self.no_rule)
        expect(FLAG, page=self.page, headline=self.headline)
        if not isinstance(self.repair, RepairOptions):
            raise TypeError(f"repair must be RepairOptions, not {self.repair!r}")
        if self.captions not in ("keep", "drop"):
            raise ValueError(f"captions {self.captions!r}: use keep or drop")
        if self.split not in ("auto", "never"):
            _check_split(self.split)
        if not self.page and not self.headline:
            raise ValueError("--no-headline says what stays of a page; it goes with --page")
        if self.page and self.split not in ("auto", "never"):
            raise ValueError(f"split {self.split!r}: with --page, each document is one page and is not split")


def _check_split(split: str) -> None:
    """ValueError for what is no regular expression, or is hardly meant as one."""
    if split.strip().lower() in ("auto", "never", ""):
        raise ValueError(f"split {split!r}: use auto or never as they stand here, or a regular expression")
    import regex

    try:
        regex.compile(split)
    except regex.error as error:
        raise ValueError(f"split {split!r}: {error}; use auto, never or a regular expression") from None


class WriteOptions(Options):
    """Where the result goes, and what is told of it."""

    output: str | None = None
    """A file to write at once and whole; None: stdout."""
    in_place: bool = False
    """Rewrite each file where it stands."""
    check: bool = False
    """Write nothing; name what would change."""
    diff: bool = False
    """Write nothing but the changes, as a unified diff."""
    exit_code: bool = False
    """Tell by exit code 1 that files were rewritten."""
    audit: str | None = None
    """A file for the audit."""
    stats: bool = False
    """Counts as one JSON object on stderr."""
    progress: bool | None = None
    """A progress line on stderr; None: on a terminal."""
    output_dir: str | None = None
    """A folder in which each file that is read has its counterpart."""
    config: str | None = None
    """The file that settings came from, for those who read the audit or the counts."""

    def _check(self) -> None:
        expect_or_none(TEXT, output=self.output, audit=self.audit, output_dir=self.output_dir, config=self.config)
        expect(
            FLAG, in_place=self.in_place, check=self.check, diff=self.diff, stats=self.stats, exit_code=self.exit_code
        )
        expect_or_none(FLAG, progress=self.progress)
        if self.output and (self.in_place or self.check or self.diff):
            raise ValueError("--output goes with none of --in-place, --check and --diff")
        if self.output_dir and (self.output or self.in_place or self.check or self.diff):
            raise ValueError("--output-dir goes with none of --output, --in-place, --check and --diff")
        if self.in_place and (self.check or self.diff):
            raise ValueError("--in-place writes; --check and --diff do not: choose")
        if self.exit_code and not self.in_place:
            raise ValueError("--exit-code tells of files that --in-place rewrote; --check does so by itself")
        if self.audit and (self.check or self.diff):
            raise ValueError("--audit tells how to undo what was written; --check and --diff write nothing")


class DropOptions(Options):
    """Which documents are the same, and which of them stays."""

    threshold: float = 0.8
    """Jaccard similarity of two documents' shingle sets at and above which they are duplicates, in (0, 1]."""
    recall: float = 0.985
    """Share of the pairs at the threshold that are to be found, in (0, 1); pairs above it are found more often."""
    keep: str = "first"
    """Which of two stays: first, last, longest, newest:FIELD, oldest:FIELD, largest:FIELD, prefer:FIELD=a,b."""
    annotate: bool = False
    """Mark duplicates instead of dropping them (JSONL)."""
    removed: str | None = None
    """A file for the records that are dropped."""
    memory: int = 0
    """Bytes that the table of kept documents may hold in memory; the rest goes to a temporary file. 0: no limit."""
    threads: int = 0
    """How many threads read and sketch; 0: as many as there are cores. Results do not depend on it."""

    def _check(self) -> None:
        from dedupe.near.keep import parse_policy

        expect(RATIO, threshold=self.threshold, recall=self.recall)
        expect(TEXT, keep=self.keep)
        expect(FLAG, annotate=self.annotate)
        expect_or_none(TEXT, removed=self.removed)
        expect(COUNT, memory=self.memory, threads=self.threads)
        if not 0 < self.threshold <= 1:
            raise ValueError(f"threshold {self.threshold}: use a number above 0 and not above 1")
        if not 0 < self.recall < 1:
            raise ValueError(f"recall {self.recall}: use a number between 0 and 1")
        if self.memory < 0 or self.threads < 0:
            raise ValueError("memory and threads are counts; 0 sets no limit")
        parse_policy(self.keep)


class LearnOptions(Options):
    """What makes a line of many documents boilerplate."""

    by: str = ""
    """JSONL: the field that names a document's source; empty: `source`, else the host of `url`."""
    date_field: str = "date"
    """JSONL: the field that says when a document appeared; where few have it, their order in the input does."""
    min_documents: int = 10
    """Documents of a source that a line must stand on."""
    min_share: float = 0.02
    """Share of a source's documents that a line must stand on, 0 to 1."""

    def _check(self) -> None:
        expect(TEXT, by=self.by, date_field=self.date_field)
        expect(COUNT, min_documents=self.min_documents)
        expect(RATIO, min_share=self.min_share)
        if self.min_documents < 2:
            raise ValueError(f"min_documents {self.min_documents}: what stands on one document is not said often")
        if not 0 <= self.min_share <= 1:
            raise ValueError(f"min_share {self.min_share}: use a number between 0 and 1")


def read_size(text: str) -> int:
    """A size such as 2G, 500M or 1000000 in bytes; ValueError for anything else."""
    number, unit = text[:-1], text[-1:].upper()
    powers = {"K": 10, "M": 20, "G": 30, "T": 40}
    try:
        return int(float(number) * 2 ** powers[unit]) if unit in powers else int(text)
    except ValueError:
        raise ValueError(f"memory {text!r}: use a size such as 500M or 2G") from None
