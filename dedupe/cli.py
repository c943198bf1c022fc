"""argv -> options -> pipeline -> exit code. No algorithm lives here."""

import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, TypeVar

import click

from dedupe import __version__
from dedupe.options import CleanOptions, ReadOptions, RepairOptions, WriteOptions

Command = TypeVar("Command", bound=Callable[..., Any])

EXIT_CODES = (
    "Exit codes: 0 done; 1 --check found something; 2 failure, wrong usage or broken records; "
    "130 interrupted. A closed pipe is no error."
)


class DefaultGroup(click.Group):
    """A group whose commands may be left out: `dedupe < in > out` cleans."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        if not args or (args[0] not in self.commands and args[0] not in ("--help", "-h", "--version")):
            args.insert(0, "clean")
        return super().parse_args(ctx, args)


def print_version(ctx: click.Context, parameter: click.Parameter, value: bool) -> None:
    """The version, the engine in use, and a warning where another package called dedupe is installed."""
    if not value:
        return
    from dedupe.engine import name

    click.echo(f"dedupe {__version__} ({name} engine)")
    if any(next(Path(folder).glob("dedupe-[0-9]*.dist-info"), None) for folder in sys.path if folder):
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


reading = stack(
    click.argument("files", nargs=-1, metavar="[FILE]...", type=click.Path()),
    click.option(
        "--format",
        type=click.Choice(["text", "jsonl"]),
        help="What the input is. [by suffix, else by its first byte]",
    ),
    click.option(
        "--field",
        default=ReadOptions().field,
        show_default=True,
        help="JSONL: the field that holds the text.",
    ),
    click.option(
        "--id-field",
        default=ReadOptions().id_field,
        show_default=True,
        help="JSONL: the field that names a record in audits.",
    ),
    click.option("--strict/--no-strict", help="Stop at the first broken record instead of passing it through."),
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
)

writing = stack(
    click.option(
        "-o",
        "--output",
        type=click.Path(),
        metavar="FILE",
        help="Write to FILE, at once and whole, packed by its suffix.",
    ),
    click.option("--in-place/--no-in-place", help="Rewrite each file where it stands."),
    click.option("--check/--no-check", help="Write nothing; name the files that would change and exit with 1."),
    click.option("--diff/--no-diff", help="Write nothing but the changes, as a unified diff."),
    click.option(
        "--audit",
        type=click.Path(),
        metavar="FILE",
        help="Write down every edit, so that `dedupe restore` can undo it.",
    ),
    click.option("--stats/--no-stats", help="One JSON object with counts to stderr at the end."),
    click.option("--progress/--no-progress", default=None, help="A progress line on stderr. [on a terminal]"),
)


@click.group(
    cls=DefaultGroup,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog="`dedupe FILE...` without a command is `dedupe clean FILE...`. " + EXIT_CODES,
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
@writing
def clean(
    files: Sequence[str],
    format: Any,
    field: str,
    id_field: str,
    strict: bool,
    split: str,
    repair: bool,
    unescape_html: bool,
    captions: Any,
    rules: tuple[str, ...],
    no_rule: tuple[str, ...],
    **outputs: Any,
) -> int:
    """Cleans each document: what it says twice, and what a web page's widgets left in it.

    Reads stdin where no FILE is named, or where FILE is -; writes to stdout.

    \b
      curl -s example.org/news.txt | dedupe clean > clean.txt
      dedupe clean --diff article.txt
      dedupe clean --in-place --audit undo.jsonl corpus/*.jsonl.gz
    """
    from dedupe.commands import clean_files

    return clean_files(
        files or ["-"],
        ReadOptions(format, field, id_field, strict),
        CleanOptions(split, RepairOptions(repair, unescape_html), captions, rules, no_rule),
        WriteOptions(**outputs),
    )


@dedupe.command(epilog=EXIT_CODES)
@click.argument("audit", type=click.Path())
@click.argument("file", required=False, type=click.Path())
@click.option(
    "-o",
    "--output",
    type=click.Path(),
    metavar="FILE",
    help="Write to FILE, at once and whole, packed by its suffix.",
)
@click.option("--in-place/--no-in-place", help="Restore each file that `--in-place` changed, where it stands.")
def restore(audit: str, file: str | None, output: str | None, in_place: bool) -> int:
    """Gives the input back, byte for byte, from the output and its audit.

    FILE is what dedupe wrote [stdin]. Nothing is written where it was edited since, or where the audit
    does not belong to it. Packed files come back with the same content.

    \b
      dedupe clean --audit undo.jsonl < scraped.txt > clean.txt
      dedupe restore undo.jsonl clean.txt > scraped.txt
    """
    from dedupe.commands import restore_files

    return restore_files(audit, file, output, in_place)
