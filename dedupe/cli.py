"""argv -> options -> pipeline -> exit code. No algorithm lives here.

Tables say what each command may be told; arguments.py reads the ordinary command line by them, and usage.py makes
help and completion of them.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from dedupe.arguments import Argument, Command, Option, read_arguments
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
from dedupe.settings import find_settings
from dedupe.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from typing import Any

EXIT_CODES = (
    "Exit codes: 0 done; 1 --check or --exit-code found something; 2 failure, wrong usage or broken records; "
    "130 interrupted. A closed pipe is no error."
)
FILES = (Argument("files", is_multiple=True, metavar="[FILE]..."),)


def switch(name: str, help: str, default: bool | None = False) -> Option:
    """An option that is on or off."""
    return Option(name, help, kind="switch", default=default)


CONFIGURING = (
    Option(
        "--config",
        "Settings. [.dedupe.toml or pyproject.toml, here or above in the repository]",
        kind="path",
        metavar="FILE",
        is_early=True,
    ),
    Option(
        "--no-config",
        "No settings but those of the command line.",
        kind="switch",
        default=False,
        is_told=False,
        is_early=True,
    ),
)

SOURCES = (
    Option("--format", "What the input is. [by suffix, else by its first byte]", kind=FORMATS),
    Option(
        "--delimiter",
        "CSV: what stands between two fields; tab is one too. [by the first rows]",
        metavar="CHARACTER",
    ),
    Option("--field", "The field or column that holds the text.", default=ReadOptions().field, shows_default=True),
    *CONFIGURING,
)

READING = (
    *SOURCES,
    Option(
        "--id-field",
        "The field or column that names a record in audits.",
        default=ReadOptions().id_field,
        shows_default=True,
    ),
    switch("--strict", "Stop at the first broken record instead of passing it through."),
)

TELLING_SOURCES = Option(
    "--by",
    "JSONL: the field that names a document's source. [source, else the host of url]",
    default=CleanOptions().by,
    metavar="FIELD",
)

SPLITTING = Option(
    "--split",
    "Where a capture is cut into articles; REGEX finds an article's first line.",
    default=CleanOptions().split,
    shows_default=True,
    metavar="auto|never|REGEX",
)

COMPARING_ARTICLES = SPLITTING._replace(
    help="Where a capture is cut into articles, which are compared one by one.",
)

CLEANING = (
    SPLITTING,
    switch("--repair", "Mend broken Unicode. [repair]", default=True),
    switch("--unescape-html", "Turn &amp; and its like into characters. [no]"),
    Option(
        "--captions",
        "One copy of a repeated caption, or none.",
        kind=("keep", "drop"),
        default="keep",
        shows_default=True,
    ),
    Option(
        "--rules",
        "Rules to apply beside the shipped ones (TOML); may be given often.",
        kind="path",
        metavar="FILE",
        is_multiple=True,
    ),
    Option(
        "--no-rule",
        "A rule or family that does not apply (en.share, en, repeat); may be given often.",
        metavar="ID",
        is_multiple=True,
    ),
    switch("--page", "Each document is a whole web page's text: only its article stays. [no]"),
    switch("--headline", "With --page: keep the headline too. [headline]", default=True),
    TELLING_SOURCES,
    Option(
        "--source",
        "The source of documents that do not name theirs, for rules that are for one.",
        default=CleanOptions().source,
        metavar="NAME",
    ),
)

LEARNING = (
    Option(
        "--date-field",
        "JSONL: the field that says when a document appeared; else their order does.",
        default=LearnOptions().date_field,
        shows_default=True,
        metavar="FIELD",
    ),
    Option(
        "--min-documents",
        "Documents of a source that a line must stand on to be learned.",
        kind="int",
        default=LearnOptions().min_documents,
        shows_default=True,
        metavar="N",
    ),
    Option(
        "--min-share",
        "Share of a source's documents that a line must stand on to be learned.",
        kind="float",
        default=LearnOptions().min_share,
        shows_default=True,
        metavar="SHARE",
    ),
)

MATCHING = (
    Option(
        "--threshold",
        "Jaccard similarity at and above which two documents are duplicates.",
        kind="float",
        default=DropOptions().threshold,
        shows_default=True,
    ),
    Option(
        "--recall",
        "Share of the pairs at the threshold that are to be found.",
        kind="float",
        default=DropOptions().recall,
        shows_default=True,
    ),
    Option(
        "--memory",
        "What the table of documents may hold in memory, as in 2G. [no limit]",
        default="0",
        metavar="SIZE",
    ),
    Option("--threads", "How many threads read and sketch. [one a core]", kind="int", default=0, metavar="N"),
)

DROPPING = (
    *MATCHING,
    Option(
        "--keep",
        "Which of two stays: first, last, longest, newest:FIELD, oldest:FIELD, largest:FIELD, prefer:FIELD=a,b.",
        default=DropOptions().keep,
        shows_default=True,
        metavar="POLICY",
    ),
    switch("--annotate", "Mark duplicates instead of dropping them (JSONL)."),
    Option("--removed", "Write the records that are dropped to FILE.", kind="path", metavar="FILE"),
)

TELLING = Option(
    "--log-format",
    "What is said on stderr: lines, or JSON objects and a summary at the end.",
    kind=("text", "json"),
    default="text",
    shows_default=True,
    is_told=False,
)

TO_OUTPUT = Option(
    "--output", "Write to FILE, at once and whole, packed by its suffix.", short="-o", kind="path", metavar="FILE"
)

WRITING = (
    TO_OUTPUT,
    Option(
        "--output-dir",
        "Write each file's counterpart into DIR, under the same name.",
        kind="path",
        metavar="DIR",
    ),
    switch("--in-place", "Rewrite each file where it stands."),
    switch("--check", "Write nothing; name the files that would change and exit with 1."),
    switch("--diff", "Write nothing but the changes, as a unified diff."),
    switch("--exit-code", "Exit with 1 where --in-place rewrote a file, as hooks do."),
    Option(
        "--audit",
        "Write down every edit, so that `dedupe restore` can undo it.",
        kind="path",
        metavar="FILE",
    ),
    switch("--stats", "One JSON object with counts to stderr at the end."),
    switch("--progress", "A progress line on stderr. [on a terminal]", default=None),
    TELLING,
)


def take(values: dict[str, Any], *names: str) -> list[Any]:
    """Takes named values out of those of the command line, in order."""
    return [values.pop(name) for name in names]


def take_some(values: dict[str, Any], names: Iterable[str]) -> dict[str, Any]:
    """Takes those of the named values that the command has."""
    return {name: values.pop(name) for name in names if name in values}


def read_options(values: dict[str, Any]) -> ReadOptions:
    """Takes what READING or SOURCES asks for."""
    values["delimiter"] = {"tab": "\t", "\\t": "\t"}.get(values["delimiter"], values["delimiter"])
    return ReadOptions(**take_some(values, ReadOptions.defaults()))


def clean_options(values: dict[str, Any]) -> CleanOptions:
    """Takes what CLEANING asks for."""
    repair = RepairOptions(*take(values, "repair", "unescape_html"))
    split, captions, rules, no_rule = take(values, "split", "captions", "rules", "no_rule")
    return CleanOptions(split, repair, captions, rules, no_rule, *take(values, "by", "source", "page", "headline"))


def learn_options(values: dict[str, Any], by: str) -> LearnOptions:
    """Takes what LEARNING asks for."""
    return LearnOptions(by, *take(values, "date_field", "min_documents", "min_share"))


def drop_options(values: dict[str, Any]) -> DropOptions:
    """Takes what DROPPING or MATCHING asks for."""
    values["memory"] = read_size(values["memory"])
    return DropOptions(**take_some(values, DropOptions.defaults()))


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


def run(files: Sequence[str], **values: Any) -> int:
    """Cleans each document, then drops duplicates: what `dedupe` does without a command.

    \b
      dedupe run articles.jsonl > clean.jsonl
    """
    from dedupe.commands import dedupe_files

    read, clean, drop = read_options(values), clean_options(values), drop_options(values)
    return dedupe_files(files or ["-"], read, clean, drop, WriteOptions(**values))


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


def help(topic: str | None) -> int:
    """Prints a page on TOPIC; without one, lists the topics.

    \b
      dedupe help
      dedupe help cleaning
      dedupe help hook | less
    """
    from dedupe.pages import TOPICS, list_pages, read_page

    if topic is None:
        print("dedupe help TOPIC prints a page, dedupe COMMAND --help the options of a command.\n")
        print(list_pages(), end="")
        return 0
    if topic in COMMANDS:
        raise ValueError(f"help {topic}: is a command; use dedupe {topic} --help")
    if topic not in TOPICS:
        raise ValueError(f"help {topic}: there is no such topic; use one of {', '.join(TOPICS)}")
    print(read_page(topic), end="")
    return 0


def list_topics() -> Sequence[str]:
    """What there are pages on."""
    from dedupe.pages import TOPICS

    return TOPICS


COMMANDS = {
    "clean": Command(
        clean,
        (
            *READING,
            *CLEANING,
            switch("--learn", "Learn first what each site says on many pages of this corpus, and take it out too."),
            *LEARNING,
            *WRITING,
        ),
        FILES,
        EXIT_CODES,
    ),
    "drop": Command(drop, (*READING, COMPARING_ARTICLES, *DROPPING, *WRITING), FILES, EXIT_CODES),
    "run": Command(run, (*READING, *CLEANING, *DROPPING, *WRITING), FILES, EXIT_CODES, is_hidden=True),
    "corpus": Command(
        corpus,
        (*SOURCES, COMPARING_ARTICLES, *MATCHING),
        FILES,
        "Exit codes: 0 no copies; 1 copies found; 2 failure, wrong usage, or a file was not compared.",
    ),
    "learn": Command(
        learn,
        (
            TELLING,
            *READING,
            TELLING_SOURCES,
            *LEARNING,
            Option(
                "--update",
                "A file that was learned before, to add to; several are merged.",
                kind="path",
                metavar="RULES",
                is_multiple=True,
            ),
            TO_OUTPUT,
        ),
        FILES,
        EXIT_CODES,
    ),
    "restore": Command(
        restore,
        (
            TO_OUTPUT,
            Option(
                "--output-dir",
                "Restore each file that `--output-dir` mirrored, into DIR.",
                kind="path",
                metavar="DIR",
            ),
            TELLING,
            switch("--in-place", "Restore each file that `--in-place` changed, where it stands."),
        ),
        (Argument("audit", is_required=True), Argument("file")),
        EXIT_CODES,
    ),
    "help": Command(help, arguments=(Argument("topic", complete=list_topics),)),
}


def main(argv: Sequence[str]) -> int:
    """Runs a command line; gives the exit code. Raises what commands do."""
    name, words = (argv[0], argv[1:]) if argv and argv[0] in COMMANDS else ("run", argv)
    values = read_arguments(words, COMMANDS[name])
    if values is None or ("config" in values and find_settings()):
        from dedupe.usage import main

        return main(argv)
    return run_command(name, values)


def run_command(name: str, values: dict[str, Any]) -> int:
    """Runs a command on what it is told; gives the exit code."""
    from dedupe.engine import engine

    engine.hold_memory()
    return COMMANDS[name].run(**values)
