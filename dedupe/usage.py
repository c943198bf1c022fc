"""Commands as click has them: help, completion, settings, and what is wrong with a command line.

Made of the tables in cli.py. An ordinary run does not come here (arguments.py).
"""

import sys
from collections.abc import Sequence
from contextlib import suppress
from typing import Any

import click
from click.shell_completion import CompletionItem

from dedupe import __version__
from dedupe.arguments import Argument, Command, Option
from dedupe.cli import COMMANDS, EXIT_CODES, run_command
from dedupe.talk import is_json, say, use_format

NO_SETTINGS = "dedupe.no-config"  # a key among what click keeps for a run
CHOOSE = "--config names settings, --no-config wants none: choose"
TYPES: dict[str, Any] = {"path": click.Path(), "int": click.INT, "float": click.FLOAT}


def main(argv: Sequence[str]) -> int:
    """Runs the command line, or says what is wrong with it; gives the exit code."""
    try:
        return int(dedupe.main(list(argv), prog_name="dedupe", standalone_mode=False) or 0)
    except SystemExit:  # what click makes of a closed pipe
        return 0
    except click.Abort:
        raise KeyboardInterrupt from None
    except click.exceptions.Exit as error:
        return error.exit_code
    except click.ClickException as error:
        if is_json():
            say(error.format_message(), "error")
        else:
            with suppress(OSError):
                error.show()
        return 2


class DefaultGroup(click.Group):
    """A group whose commands may be left out: `dedupe < in > out` cleans."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        if not args or (args[0] not in self.commands and args[0] not in ("--help", "-h", "--version")):
            if args or not ctx.resilient_parsing:  # completion asks for the commands
                args.insert(0, "run")
        return super().parse_args(ctx, args)

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem]:
        """The commands; what the one that may be left out takes, too."""
        found = super().shell_complete(ctx, incomplete)
        if incomplete.startswith("-"):
            return found + self.commands["run"].shell_complete(ctx, incomplete)
        return found or [CompletionItem(incomplete, type="file")]


def _holds_the_other(folder: str) -> bool:
    """Whether another package of this name is installed there."""
    from glob import iglob

    return next(iglob(f"{folder}/dedupe-[0-9]*.dist-info"), None) is not None


def _print_version(ctx: click.Context, parameter: click.Parameter, value: bool) -> None:
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


def _forgo_settings(ctx: click.Context, parameter: click.Parameter, value: bool) -> None:
    """Has no settings read."""
    ctx.meta[NO_SETTINGS] = value
    if value and ctx.default_map:
        raise click.UsageError(CHOOSE)


def _use_settings(ctx: click.Context, parameter: click.Parameter, value: str | None) -> str | None:
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


CALLBACKS = {
    "config": _use_settings,
    "no_config": _forgo_settings,
    "log_format": lambda _, __, value: use_format(value),
}


def _make_option(option: Option) -> click.Option:
    names = [f"{option.name}/{option.twin}" if option.twin else option.name]
    return click.Option(
        [*filter(None, [option.short]), *names],
        type=click.Choice(option.kind) if isinstance(option.kind, tuple) else TYPES.get(option.kind),
        is_flag=option.kind == "switch",
        default=() if option.is_multiple else option.default,
        show_default=option.shows_default,
        multiple=option.is_multiple,
        metavar=option.metavar,
        help=option.help,
        expose_value=option.is_told,
        is_eager=option.key in CALLBACKS,
        callback=CALLBACKS.get(option.key),
    )


def _make_argument(argument: Argument) -> click.Argument:
    complete = argument.complete

    def find(ctx: click.Context, parameter: click.Parameter, incomplete: str) -> list[str]:
        return [name for name in complete() if name.startswith(incomplete)] if complete else []

    return click.Argument(
        [argument.key],
        nargs=-1 if argument.is_multiple else 1,
        required=argument.is_required,
        metavar=argument.metavar,
        type=None if complete else click.Path(),
        shell_complete=find if complete else None,
    )


def _make_command(name: str, command: Command) -> click.Command:
    return click.Command(
        name,
        params=[*map(_make_argument, command.arguments), *map(_make_option, command.options)],
        callback=lambda **values: run_command(name, values),
        help=command.run.__doc__,
        epilog=command.epilog,
        hidden=command.is_hidden,
    )


dedupe = DefaultGroup(
    "dedupe",
    commands={name: _make_command(name, command) for name, command in COMMANDS.items()},
    params=[
        click.Option(
            ["--version"],
            is_flag=True,
            is_eager=True,
            expose_value=False,
            callback=_print_version,
            help="The version and the engine in use.",
        )
    ],
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    help="""Takes out what scraped text says twice, and keeps the news.

    \b
      dedupe < scraped.txt > clean.txt
      dedupe clean --audit undo.jsonl articles.jsonl > clean.jsonl
      dedupe restore undo.jsonl clean.jsonl > articles.jsonl
    """,
    epilog="`dedupe FILE...` without a command cleans, then drops. `dedupe help` lists pages on more. " + EXIT_CODES,
)
