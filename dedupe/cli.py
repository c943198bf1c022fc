"""argv -> options -> pipeline -> exit code. No algorithm lives here."""

import sys
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

import click

from dedupe import __version__
from dedupe.options import (
    FORMATS,
    CleanOptions,
    DropOptions,
    LearnOptions,
    ReadOptions,
    RepairOptions,
    WriteOptions,
    read_size,
)
from dedupe.talk import use_format

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

Command = TypeVar("Command", bound=Callable[..., Any])

EXIT_CODES = (
    "Exit codes: 0 done; 1 --check or --exit-code found something; 2 failure, wrong usage or broken records; "
    "130 interrupted. A closed pipe is no error."
)

NO_SETTINGS = "dedupe.no-config"  # a key among what click keeps for a run
CHOOSE = "--config names settings, --no-config wants none: choose"


class DefaultGroup(click.Group):
    """A group whose commands may be left out: `dedupe < in > out` cleans."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        if not args or (args[0] not in self.commands and args[0] not in ("--help", "-h", "--version")):
            if args or not ctx.resilient_parsing:  # completion asks for the commands
                args.insert(0, "run")
        return super().parse_args(ctx, args)

    def shell_complete(self, ctx: click.Context, incomplete: str) -> "list[CompletionItem]":
        """The commands; what the one that may be left out takes, too."""
        from click.shell_completion import CompletionItem

        found = super().shell_complete(ctx, incomplete)
        if incomplete.startswith("-"):
            return found + self.commands["run"].shell_complete(ctx, incomplete)
        return found or [CompletionItem(incomplete, type="file")]


def _holds_the_other(folder: str) -> bool:
    """Whether another package of this name is installed there."""
    from glob import iglob

    return next(iglob(f"{folder}/dedupe-[0-9]*.dist-info"), None) is not None


def print_version(ctx: click.Context, parameter: click.Parameter, value: bool) -> None:
    """The version, the engine in use, and a warning where another package called dedupe is installed."""
    if not value:
        return
    from dedupe.engine import name

    click.echo(f"dedupe {__version__} ({name} engine)")
    if any(map(_holds_the_other, filter(None, sys.path))):
        click.echo(
            "dedupe: the unrelated package `dedupe` is installed here too and shares the import name; "
            "keep the two in separate environments",
            err=True,
        )
    ctx.exit()


def stack(*decorators: Callable[[Command], Command]) -> Callable[[Command], Command]:
    """Several decorators as one, in the order in which they read."""

    def apply(command: Command) -> Command:
        for decorator in reversed(decorators):
            command = decorator(command)
        return command

    return apply


def forgo_settings(ctx: click.Context, parameter: click.Parameter, value: bool) -> None:
    """Has no settings read."""
    ctx.meta[NO_SETTINGS] = value
    if value and ctx.default_map:
        raise click.UsageError(CHOOSE)


def use_settings(ctx: click.Context, parameter: click.Parameter, value: str | None) -> str | None:
    """Makes a project's settings the defaults of the command; gives the name of their file."""
    forgone = ctx.meta.get(NO_SETTINGS)
    if forgone and value:
        raise click.UsageError(CHOOSE)
    if forgone or ctx.resilient_parsing:
        return None
    from dedupe.settings import Settings, find_settings, read_settings

    settings = Settings(value, read_settings(value)) if value else find_settings()
    if settings is None:
        return None
    ctx.default_map = settings.values
    return settings.path


configuring = stack(
    click.option(
        "--config",
        is_eager=True,
        callback=use_settings,
        type=click.Path(),
        metavar="FILE",
        help="Settings. [.dedupe.toml or pyproject.toml, here or above in the repository]",
    ),
    click.option(
        "--no-config",
        is_flag=True,
        is_eager=True,
        expose_value=False,
        callback=forgo_settings,
        help="No settings but those of the command line.",
    ),
)

sources = stack(
    click.argument("files", nargs=-1, metavar="[FILE]...", type=click.Path()),
    click.option(
        "--format",
        type=click.Choice(FORMATS),
        help="What the input is. [by suffix, else by its first byte]",
    ),
    click.option(
        "--delimiter",
        metavar="CHARACTER",
        callback=lambda _, __, value: {"tab": "\t", "\\t": "\t"}.get(value, value),
        help="CSV: what stands between two fields; tab is one too. [by the first rows]",
    ),
    click.option(
        "--field",
        default=ReadOptions().field,
        show_default=True,
        help="The field or column that holds the text.",
    ),
    configuring,
)

reading = stack(
    sources,
    click.option(
        "--id-field",
        default=ReadOptions().id_field,
        show_default=True,
        help="The field or column that names a record in audits.",
    ),
    click.option("--strict/--no-strict", help="Stop at the first broken record instead of passing it through."),
)

telling_sources = click.option(
    "--by",
    default=CleanOptions().by,
    metavar="FIELD",
    help="JSONL: the field that names a document's source. [source, else the host of url]",
)

cleaning = stack(
    click.option(
        "--split",
        default=CleanOptions().split,
        show_default=True,
        metavar="auto|never|REGEX",
        help="Where a capture is cut into articles; REGEX finds an article's first line.",
    ),
    click.option("--repair/--no-repair", default=True, help="Mend broken Unicode. [repair]"),
    click.option("--unescape-html/--no-unescape-html", help="Turn &amp; and its like into characters. [no]"),
    click.option(
        "--captions",
        type=click.Choice(["keep", "drop"]),
        default="keep",
        show_default=True,
        help="One copy of a repeated caption, or none.",
    ),
    click.option(
        "--rules",
        multiple=True,
        type=click.Path(),
        metavar="FILE",
        help="Rules to apply beside the shipped ones (TOML); may be given often.",
    ),
    click.option(
        "--no-rule",
        multiple=True,
        metavar="ID",
        help="A rule or family that does not apply (en.share, en, repeat); may be given often.",
    ),
    click.option("--page/--no-page", help="Each document is a whole web page's text: only its article stays. [no]"),
    click.option("--headline/--no-headline", default=True, help="With --page: keep the headline too. [headline]"),
    telling_sources,
    click.option(
        "--source",
        default=CleanOptions().source,
        metavar="NAME",
        help="The source of documents that do not name theirs, for rules that are for one.",
    ),
)

learning = stack(
    click.option(
        "--date-field",
        default=LearnOptions().date_field,
        show_default=True,
        metavar="FIELD",
        help="JSONL: the field that says when a document appeared; else their order does.",
    ),
    click.option(
        "--min-documents",
        type=int,
        default=LearnOptions().min_documents,
        show_default=True,
        metavar="N",
        help="Documents of a source that a line must stand on to be learned.",
    ),
    click.option(
        "--min-share",
        type=float,
        default=LearnOptions().min_share,
        show_default=True,
        metavar="SHARE",
        help="Share of a source's documents that a line must stand on to be learned.",
    ),
)

matching = stack(
    click.option(
        "--threshold",
        type=float,
        default=DropOptions().threshold,
        show_default=True,
        help="Jaccard similarity at and above which two documents are duplicates.",
    ),
    click.option(
        "--recall",
        type=float,
        default=DropOptions().recall,
        show_default=True,
        help="Share of the pairs at the threshold that are to be found.",
    ),
    click.option(
        "--memory",
        default="0",
        metavar="SIZE",
        help="What the table of documents may hold in memory, as in 2G. [no limit]",
    ),
    click.option("--threads", type=int, default=0, metavar="N", help="How many threads read and sketch. [one a core]"),
)

dropping = stack(
    matching,
    click.option(
        "--keep",
        default=DropOptions().keep,
        show_default=True,
        metavar="POLICY",
        help="Which of two stays: first, last, longest, newest:FIELD, oldest:FIELD, largest:FIELD, prefer:FIELD=a,b.",
    ),
    click.option("--annotate/--no-annotate", help="Mark duplicates instead of dropping them (JSONL)."),
    click.option("--removed", type=click.Path(), metavar="FILE", help="Write the records that are dropped to FILE."),
)

telling = click.option(
    "--log-format",
    type=click.Choice(["text", "json"]),
    default="text",
    show_default=True,
    is_eager=True,
    expose_value=False,
    callback=lambda _, __, value: use_format(value),
    help="What is said on stderr: lines, or JSON objects and a summary at the end.",
)

to_output = click.option(
    "-o",
    "--output",
    type=click.Path(),
    metavar="FILE",
    help="Write to FILE, at once and whole, packed by its suffix.",
)

writing = stack(
    to_output,
    click.option(
        "--output-dir",
        type=click.Path(),
        metavar="DIR",
        help="Write each file's counterpart into DIR, under the same name.",
    ),
    click.option("--in-place/--no-in-place", help="Rewrite each file where it stands."),
    click.option("--check/--no-check", help="Write nothing; name the files that would change and exit with 1."),
    click.option("--diff/--no-diff", help="Write nothing but the changes, as a unified diff."),
    click.option("--exit-code/--no-exit-code", help="Exit with 1 where --in-place rewrote a file, as hooks do."),
    click.option(
        "--audit",
        type=click.Path(),
        metavar="FILE",
        help="Write down every edit, so that `dedupe restore` can undo it.",
    ),
    click.option("--stats/--no-stats", help="One JSON object with counts to stderr at the end."),
    click.option("--progress/--no-progress", default=None, help="A progress line on stderr. [on a terminal]"),
    telling,
)


def take(values: dict[str, Any], *names: str) -> list[Any]:
    """Takes named values out of those of the command line, in order."""
    return [values.pop(name) for name in names]


def take_some(values: dict[str, Any], names: Sequence[str]) -> dict[str, Any]:
    """Takes those of the named values that the command has."""
    return {name: values.pop(name) for name in names if name in values}


def read_options(values: dict[str, Any]) -> ReadOptions:
    """Takes what `reading` or `sources` asks for."""
    return ReadOptions(**take_some(values, ReadOptions.__slots__))


def clean_options(values: dict[str, Any]) -> CleanOptions:
    """Takes what `cleaning` asks for."""
    repair = RepairOptions(*take(values, "repair", "unescape_html"))
    split, captions, rules, no_rule = take(values, "split", "captions", "rules", "no_rule")
    return CleanOptions(split, repair, captions, rules, no_rule, *take(values, "by", "source", "page", "headline"))


def learn_options(values: dict[str, Any], by: str) -> LearnOptions:
    """Takes what `learning` asks for."""
    return LearnOptions(by, *take(values, "date_field", "min_documents", "min_share"))


def drop_options(values: dict[str, Any]) -> DropOptions:
    """Takes what `dropping` or `matching` asks for."""
    values["memory"] = read_size(values["memory"])
    return DropOptions(**take_some(values, DropOptions.__slots__))


@click.group(
    cls=DefaultGroup,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog="`dedupe FILE...` without a command cleans, then drops. `dedupe help` lists pages on more. " + EXIT_CODES,
)
@click.option(
    "--version",
    is_flag=True,
    is_eager=True,
    expose_value=False,
    callback=print_version,
    help="The version and the engine in use.",
)
def dedupe() -> None:
    """Takes out what scraped text says twice, and keeps the news.

    \b
      dedupe < scraped.txt > clean.txt
      dedupe clean --audit undo.jsonl articles.jsonl > clean.jsonl
      dedupe restore undo.jsonl clean.jsonl > articles.jsonl
    """


@dedupe.command(epilog=EXIT_CODES)
@reading
@cleaning
@click.option(
    "--learn/--no-learn", help="Learn first what each site says on many pages of this corpus, and take it out too."
)
@learning
@writing
def clean(files: Sequence[str], learn: bool, **values: Any) -> int:
    """Cleans each document: what it says twice, and what a web page's widgets left in it.

    Reads stdin where no FILE is named, or where FILE is -; writes to stdout.

    \b
      curl -s example.org/news.txt | dedupe clean > clean.txt
      dedupe clean --diff article.txt
      dedupe clean --in-place --audit undo.jsonl corpus/*.jsonl.gz
    """
    from dedupe.commands import clean_files

    read, clean = read_options(values), clean_options(values)
    learns = learn_options(values, clean.by)
    return clean_files(files or ["-"], read, clean, WriteOptions(**values), learns if learn else None)


@dedupe.command(epilog=EXIT_CODES)
@reading
@click.option(
    "--split",
    default=CleanOptions().split,
    show_default=True,
    metavar="auto|never|REGEX",
    help="Where a capture is cut into articles, which are compared one by one.",
)
@dropping
@writing
def drop(files: Sequence[str], split: str, **values: Any) -> int:
    """Drops documents that say what another one says, exactly or nearly.

    All files are one corpus. A document goes when one that stays has at least the threshold's similarity.

    \b
      dedupe drop articles.jsonl > unique.jsonl
      dedupe drop --keep newest:date --removed gone.jsonl a.jsonl b.jsonl -o unique.jsonl
      dedupe drop --annotate < articles.jsonl > marked.jsonl
    """
    from dedupe.commands import drop_files

    return drop_files(files or ["-"], read_options(values), split, drop_options(values), WriteOptions(**values))


@dedupe.command(epilog=EXIT_CODES, hidden=True)
@reading
@cleaning
@dropping
@writing
def run(files: Sequence[str], **values: Any) -> int:
    """Cleans each document, then drops duplicates: what `dedupe` does without a command.

    \b
      dedupe run articles.jsonl > clean.jsonl
    """
    from dedupe.commands import dedupe_files

    read, clean, drop = read_options(values), clean_options(values), drop_options(values)
    return dedupe_files(files or ["-"], read, clean, drop, WriteOptions(**values))


@dedupe.command(epilog="Exit codes: 0 no copies; 1 copies found; 2 failure, wrong usage, or a file was not compared.")
@sources
@click.option(
    "--split",
    default=CleanOptions().split,
    show_default=True,
    metavar="auto|never|REGEX",
    help="Where a capture is cut into articles, which are compared one by one.",
)
@matching
def corpus(files: Sequence[str], split: str, **values: Any) -> int:
    """Names documents that say what another one says, and drops nothing.

    All FILEs are one corpus; of a folder, the files that git tracks; without FILE, those of the repository. Each copy
    is a line on stdout, with file and line of both: `a.md:12: is 0.93 like b.md:1`.

    \b
      dedupe corpus
      dedupe corpus --threshold 0.9 news/ old.jsonl
    """
    from dedupe.compare import compare_files

    del values["config"]
    return compare_files(files, read_options(values), split, drop_options(values))


@dedupe.command(epilog=EXIT_CODES)
@telling
@reading
@telling_sources
@learning
@click.option(
    "--update",
    multiple=True,
    type=click.Path(),
    metavar="RULES",
    help="A file that was learned before, to add to; several are merged.",
)
@to_output
def learn(files: Sequence[str], by: str, update: Sequence[str], output: str | None, **values: Any) -> int:
    """Learns what each site says on many of its pages, as a rules file to review.

    All files are one corpus. Delete from the result what is news; `dedupe clean --rules` takes the rest out.

    \b
      dedupe learn --by source articles.jsonl -o site.toml
      dedupe clean --rules site.toml < page.jsonl
      dedupe learn --update site.toml new.jsonl -o site.toml
    """
    from dedupe.commands import learn_into_file

    read = read_options(values)
    names = files or ([] if update else ["-"])
    return learn_into_file(names, read, learn_options(values, by), update, output)


@dedupe.command(epilog=EXIT_CODES)
@click.argument("audit", type=click.Path())
@click.argument("file", required=False, type=click.Path())
@to_output
@click.option(
    "--output-dir", type=click.Path(), metavar="DIR", help="Restore each file that `--output-dir` mirrored, into DIR."
)
@telling
@click.option("--in-place/--no-in-place", help="Restore each file that `--in-place` changed, where it stands.")
def restore(audit: str, file: str | None, output: str | None, output_dir: str | None, in_place: bool) -> int:
    """Gives the input back, byte for byte, from the output and its audit.

    FILE is what dedupe wrote [stdin]. Nothing is written where it was edited since, or where the audit
    does not belong to it. Packed files come back with the same content.

    \b
      dedupe clean --audit undo.jsonl < scraped.txt > clean.txt
      dedupe restore undo.jsonl clean.txt > scraped.txt
    """
    from dedupe.restore import restore_files

    return restore_files(audit, file, output, in_place, output_dir)


def complete_topic(ctx: click.Context, parameter: click.Parameter, incomplete: str) -> list[str]:
    """The topics that begin so, for a shell."""
    from dedupe.pages import TOPICS

    return [topic for topic in TOPICS if topic.startswith(incomplete)]


@dedupe.command()
@click.argument("topic", required=False, shell_complete=complete_topic)
def help(topic: str | None) -> int:
    """Prints a page on TOPIC; without one, lists the topics.

    \b
      dedupe help
      dedupe help cleaning
      dedupe help hook | less
    """
    from dedupe.pages import TOPICS, list_pages, read_page

    if topic is None:
        click.echo("dedupe help TOPIC prints a page, dedupe COMMAND --help the options of a command.\n")
        click.echo(list_pages(), nl=False)
        return 0
    if topic in dedupe.commands:
        raise click.UsageError(f"help {topic}: is a command; use dedupe {topic} --help")
    if topic not in TOPICS:
        raise click.UsageError(f"help {topic}: there is no such topic; use one of {', '.join(TOPICS)}")
    click.echo(read_page(topic), nl=False)
    return 0
