"""A corpus, read twice in the same order: what the engine counts, and what is known of sites meanwhile.

Near-duplicates, by the drop stage's matcher, count once for each source: forty copies of one story are one
document. Time is the day in a date field where most documents of a source name one, else the place in the
input; a source's documents are parted into stretches of as many documents. Cost: 13 bytes a document beside the
matcher's table, and the tally's.
"""

from array import array
from collections import Counter
from collections.abc import Sequence

from dedupe.engine import Buffer, engine
from dedupe.errors import InputError
from dedupe.learn.evidence import STRETCHES, Site, least_documents
from dedupe.learn.lines import Line, read_lines
from dedupe.near.documents import Documents
from dedupe.near.keep import read_time
from dedupe.near.match import Matcher, sketch_documents
from dedupe.options import DropOptions, LearnOptions

SKETCH_BITS = (22, 26)  # two rows of 2^22 cells of 16 bits are 16 MB, and enough for a GB of text; of 2^26, 256 MB
BYTES_OF_CELL = 256
MOST_LINES = 1 << 18  # that are counted exactly, some 400 bytes each and their examples
DAY = 86_400.0
LEAST_DAYS = 4  # of fewer, the place in the input tells more
MOSTLY_DATED = 0.9  # share of the documents; the others count as the oldest
UNDATED = -1
CHANGED = "the files changed between the two times they were read; learn from files that rest"
NO_SOURCE = -1  # of a document that does not count


class Corpus:
    """The two passes. `count` is called with every batch in order, then `settle`, then `gather` with the same.

    `n_bytes` is how large the corpus is, as far as that is known: a large one takes a larger sketch.
    """

    def __init__(self, options: LearnOptions, n_bytes: int = 0) -> None:
        self.options = options
        self.matcher = Matcher(DropOptions())
        least, most = SKETCH_BITS
        bits = max(least, min(most, (n_bytes // BYTES_OF_CELL).bit_length()))
        self.tally = engine.tally_open(bits, MOST_LINES)
        self.numbers: dict[str, int] = {}
        self.sites: list[Site] = []
        self.of_document = array("i")
        self.days = array("i")
        self.keepers = array("i")  # the sources of the documents that the matcher keeps
        self.copied: set[tuple[int, int]] = set()
        self.n_copies = 0
        self.stretch_of = bytearray()
        self.frequent = array("i")
        self.done = 0

    def count(self, documents: Documents, sources: Sequence[str], dates: Sequence[object]) -> None:
        """The first pass over a batch; each document's source, and what its date field holds."""
        sketches = sketch_documents(documents.text, documents.offsets)
        verdicts = self.matcher.match(documents, sketches)
        ends = memoryview(documents.offsets).cast("B").cast("q")
        counted = array("i")
        for k, keeper in enumerate(verdicts.keepers):
            number = self._number_of(sources[k])
            day = self._day_of(dates[k])
            if self._is_copy(number, keeper):
                self.n_copies += 1
                number = NO_SOURCE
            else:
                site = self.sites[number]
                site.documents += 1
                site.n_bytes += ends[k + 1] - ends[k]
            counted.append(number)
            self.days.append(day)
        self.of_document.extend(counted)
        engine.tally_count(self.tally, documents.text, documents.offsets, counted)

    def _number_of(self, source: str) -> int:
        number = self.numbers.setdefault(source, len(self.numbers))
        if number == len(self.sites):
            self.sites.append(Site(source))
        return number

    def _is_copy(self, source: int, keeper: int) -> bool:
        """Whether a document is a copy of one of the same source that counts."""
        if keeper < 0:
            self.keepers.append(source)
            return False
        if self.keepers[keeper] == source or (keeper, source) in self.copied:
            return True
        self.copied.add((keeper, source))
        return False

    def _day_of(self, value: object) -> int:
        seconds = None if value is None else read_time(value)
        return UNDATED if seconds is None or not 0 <= seconds < 2**31 * DAY else int(seconds // DAY)

    def settle(self) -> None:
        """Parts each source's documents into stretches of time."""
        places: list[list[int]] = [[] for _ in self.sites]
        for i, number in enumerate(self.of_document):
            if number >= 0:
                places[number].append(i)
        self.stretch_of = bytearray(len(self.of_document))
        for site, mine in zip(self.sites, places, strict=True):
            self._part(site, mine)
        options = self.options
        self.frequent = array(
            "i", [least_documents(site, options.min_documents, options.min_share) for site in self.sites]
        )

    def _part(self, site: Site, places: Sequence[int]) -> None:
        dated = [self.days[i] for i in places if self.days[i] != UNDATED]
        when = places
        if dated:
            site.first, site.last = _iso(min(dated)), _iso(max(dated))
            if len(set(dated)) >= LEAST_DAYS and len(dated) >= MOSTLY_DATED * len(places):
                when = [self.days[i] for i in places]
                site.is_dated = True
        before, stretch_at = 0, {}
        for time, together in sorted(Counter(when).items()):
            stretch_at[time] = before * STRETCHES // len(places)
            before += together
        for i, time in zip(places, when, strict=True):
            self.stretch_of[i] = stretch_at[time]
        site.stretches = dict(Counter(stretch_at[time] for time in when))

    def gather(self, text: Buffer, offsets: Buffer, n: int) -> None:
        """The second pass over a batch of n documents."""
        mine = self.of_document[self.done : self.done + n]
        if len(mine) < n:
            raise InputError(CHANGED)
        stretches = self.stretch_of[self.done : self.done + n]
        self.done += n
        counts = engine.tally_gather(self.tally, text, offsets, mine, stretches, self.frequent)
        for number, headlines in zip(mine, counts, strict=True):
            if headlines:
                self.sites[number].headlines += headlines

    def check_end(self) -> None:
        """InputError where the second pass saw less than the first."""
        if self.done < len(self.of_document):
            raise InputError(CHANGED)

    def lines(self) -> tuple[list[list[Line]], int]:
        """The lines of each source that may be frequent, and how many found no room."""
        found, left_out = read_lines(self.tally)
        of_site: list[list[Line]] = [[] for _ in self.sites]
        for line in found:
            of_site[line.source].append(line)
        return of_site, left_out


def _iso(day: int) -> str:
    from datetime import date, timedelta

    try:
        return (date(1970, 1, 1) + timedelta(day)).isoformat()
    except OverflowError:
        return ""
