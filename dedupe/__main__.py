"""`dedupe` and `python -m dedupe`: runs the command line and turns what happens into an exit code.

0 done; 1 --check found something; 2 failure, wrong usage or broken records; 130 interrupted. A
reader of stdout that has had enough is no error. SIGTERM and SIGHUP end a run as an interrupt does, with
nothing half-written left, and then the process as they would have.
"""

from __future__ import annotations

import gc
import os
import sys
import time

TYPE_CHECKING = False  # as in dedupe/typed.py; there is nothing to import before there is a handler of signals
if TYPE_CHECKING:
    import signal
    from collections.abc import Callable
else:
    import _signal as signal  # the same, but for what makes enumerations of its numbers

STOPS = ("SIGINT", "SIGTERM", "SIGHUP")
TIDY_SECONDS = 1.0  # in which more signals do not cut short what tidies up after the first


class Stop(BaseException):
    """A signal asks the run to end."""

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.number = number


def main() -> None:
    """Runs the command line and exits: at once, for all is closed, and Python takes long to take itself apart."""
    gc.set_threshold(100_000)  # what importing makes is no garbage
    try:
        _listen(_make_handler())
        _keep_standard_streams()
        code = _flush(run(sys.argv[1:]))
        _sum_up(code)
        _listen(signal.SIG_IGN)  # all is done; Python alone is left to end
    except Stop as stop:
        code = _stop(stop.number)
    except KeyboardInterrupt:  # it came before there was a handler
        code = _stop(signal.SIGINT)
    os._exit(code)


def run(argv: list[str]) -> int:
    """The command line on these arguments; gives the exit code and raises nothing but Stop."""
    from dedupe.cli import main
    from dedupe.errors import DedupeError
    from dedupe.talk import find_format, is_json, say, use_format
    from dedupe.write import ClosedPipe

    use_format(find_format(argv))
    try:
        return main(argv)
    except (ClosedPipe, BrokenPipeError):
        return 0
    except KeyboardInterrupt:
        return _stop(signal.SIGINT)
    except DedupeError as error:
        say(str(error), "error", source=error.source, line=error.line)
    except (ValueError, ImportError) as error:
        say(str(error), "error")
    except OSError as error:
        say(_explain(error), "error")
    except MemoryError:
        say("there is not enough memory; give smaller files, or --memory to drop", "error")
    except Exception as error:
        if not is_json():
            raise
        from traceback import format_exc

        say(f"{type(error).__name__}: {error}; a defect of dedupe", "critical", traceback=format_exc())
    return 2


def _listen(handler: Callable[[int, object], None] | signal.Handlers) -> None:
    """What signals that ask a run to end do from now on; one that was ignored from the start (nohup) stays so."""
    for name in STOPS:
        number = getattr(signal, name, None)  # not every system has SIGHUP
        if number and signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, handler)


def _make_handler() -> Callable[[int, object], None]:
    heard = -TIDY_SECONDS

    def hear(number: int, frame: object) -> None:
        nonlocal heard
        before, heard = heard, time.monotonic()
        if heard - before >= TIDY_SECONDS:
            raise Stop(number)

    def raise_again(lost: sys.UnraisableHookArgs) -> None:
        """Python drops what is raised while it tidies up after an import or an object: a moment later then."""
        if not isinstance(lost.exc_value, Stop):
            sys.__unraisablehook__(lost)
            return
        number = lost.exc_value.number

        def ring(alarm: int, frame: object) -> None:
            raise Stop(number)

        signal.signal(signal.SIGALRM, ring)
        signal.setitimer(signal.ITIMER_REAL, 0.001)

    sys.unraisablehook = raise_again
    return hear


def _keep_standard_streams() -> None:
    """Where a standard stream is closed, no file that is opened takes its number; what is written to a stdout
    that is closed fails."""
    for number, mode in enumerate((os.O_WRONLY, os.O_RDONLY, os.O_WRONLY)):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, mode)  # takes the lowest number that is free
    if sys.stdout is None:
        sys.stdout = open(1, "w", closefd=False)


def _flush(code: int) -> int:
    """What Python still holds of stdout goes out; the exit code after that."""
    try:
        sys.stdout.flush()
    except OSError as error:
        # Python would try, and complain, once more when it closes stdout.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        if code == 0 and not isinstance(error, BrokenPipeError):
            from dedupe.talk import say

            say(_explain(error), "error")
            return 2
    return code


def _explain(error: OSError) -> str:
    done = f"{error.filename}: cannot be used" if error.filename else "stdout: cannot be written"
    return f"{done}: {error.strerror or error}; what was written so far is incomplete"


def _sum_up(code: int) -> None:
    """The last words of a run, for a machine."""
    from dedupe.talk import end

    end(code)


def _stop(number: int) -> int:
    """The exit code of a run that a signal ended; of signals other than SIGINT the process dies."""
    from signal import Signals

    from dedupe.talk import say

    say("interrupted" if number == signal.SIGINT else f"ended by {Signals(number).name}", "error")
    _sum_up(128 + number)
    if number != signal.SIGINT:
        signal.signal(number, signal.SIG_DFL)
        os.kill(os.getpid(), number)
    return 128 + number


if __name__ == "__main__":
    main()
