"""`dedupe` and `python -m dedupe`: runs the command line and turns what happens into an exit code.

0 done; 1 --check found something; 2 failure, wrong usage or broken records; 130 interrupted. A
reader of stdout that has had enough is no error.
"""

import os
import sys


def main() -> None:
    """Runs the command line and exits."""
    from dedupe.engine import engine

    engine.hold_memory()
    code = run(sys.argv[1:])
    try:
        sys.stdout.flush()
    except BrokenPipeError:
        # Python would complain once more when it closes stdout.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    sys.exit(code)


def run(argv: list[str]) -> int:
    """The command line on these arguments; gives the exit code and raises nothing of its own."""
    import click

    from dedupe.cli import dedupe
    from dedupe.errors import DedupeError
    from dedupe.write import ClosedPipe

    try:
        return int(dedupe.main(argv, prog_name="dedupe", standalone_mode=False) or 0)
    except (ClosedPipe, BrokenPipeError):
        return 0
    except (KeyboardInterrupt, click.Abort):
        sys.stderr.write("dedupe: interrupted\n")
        return 130
    except click.exceptions.Exit as error:
        return error.exit_code
    except click.ClickException as error:
        error.show()
        return 2
    except (DedupeError, ValueError, ImportError) as error:
        sys.stderr.write(f"dedupe: {error}\n")
        return 2


if __name__ == "__main__":
    main()
