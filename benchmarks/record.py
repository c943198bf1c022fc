"""Keep what a run of pytest-benchmark measured: machine, versions, and what each benchmark says of itself.

python benchmarks/record.py run.json     # writes benchmarks/records/DATE-NAME.json, NAME being the benchmark's file,
                                         # and DATE-NAME-VECTORS.json where the machine has no AVX-512
python benchmarks/record.py              # prints the tables of `dedupe help speed` from the newest records
"""

import json
import platform
import sys
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path
from typing import Any

RECORDS = Path(__file__).parent / "records"
DROPS = {
    "news 10k-1": "`drop`, 10,000 documents, one thread",
    "news 10k-2": "the same, two threads",
    "news 100k-1": "`drop`, 100,000 documents, one thread",
    "news 100k-2": "the same, two threads",
    "news 1m-1": "`drop`, 1,000,000 documents, one thread",
    "news 1m-2": "the same, two threads",
    "arabic escaped-1": "`drop`, 20,000 documents of Arabic in `\\u` escapes",
    "template 0.7-1": "`drop`, 100,000 documents of one template, all pairs 0.7 alike",
    "template 0.85-1": "the same, 0.85 alike",
    "footer-1": "`drop`, 100,000 documents, half of each the same footer",
    "equal-1": "`drop`, 1,000,000 equal documents",
}
CLEANS = {
    "english": "`clean`, English news with nothing to take out",
    "arabic": "the same, Arabic",
    "chinese": "the same, Chinese",
    "repeats": "`clean`, repeats and a `TT` in every article",
    "altered repeats": "the same, later copies altered",
}
VECTORS = {"avx512": "avx512_vbmi2", "avx2": "avx2"}  # the widest for which the engine has code, by the CPU's flag
PEERS = {"ours": "dedupe", "with_gaoya": "gaoya", "with_rensa": "rensa", "with_datasketch": "datasketch"}


def condense(run: dict[str, Any]) -> dict[str, Any]:
    machine = run["machine_info"]
    return {
        "date": run["datetime"][:10],
        "cpu": machine["cpu"].get("brand_raw", machine["machine"]),
        "vectors": next((found for found, flag in VECTORS.items() if flag in machine["cpu"].get("flags", ())), "none"),
        "system": f"{machine['system']} {machine['release'].partition('-')[0]}",
        "python": platform.python_version(),
        "dedupe": version("dedupe-corpus"),
        "benchmarks": {one["name"]: one["extra_info"] for one in run["benchmarks"]},
    }


def newest(name: str) -> dict[str, Any]:
    """What the newest record of a benchmark's file says, by benchmark."""
    benchmarks: dict[str, Any] = json.loads(max(RECORDS.glob(f"*-{name}.json")).read_text("utf-8"))["benchmarks"]
    return benchmarks


def tables() -> Iterator[str]:
    """The lines of the tables, as Markdown."""
    yield from ("| what | times `wc -w` | MB/s | peak, MB |", "|---|---|---|---|")
    for rows, name, test in ((DROPS, "drop", "test_drop"), (CLEANS, "clean", "test_clean")):
        found = newest(name)
        for key, about in rows.items():
            one = found[f"{test}[{key}]"]
            yield f"| {about} | {one['ratio_to_wc']:.2f} | {one['mb_per_s']:,} | {one['peak_mb']} |"
    yield from ("", "| text to signature, MB/s | English | Arabic | Chinese |", "|---|---|---|---|")
    found = newest("sketch")
    speeds = [found[f"test_sketch[{script}]"]["mb_per_s"] for script in ("english", "arabic", "chinese")]
    yield f"| dedupe, UTF-8 in columns | {' | '.join(f'{speed:,.0f}' for speed in speeds)} |"
    for key, about in PEERS.items():
        speeds = [found[f"test_peers[{key}-{script}]"]["mb_per_s"] for script in ("english", "arabic")]
        yield f"| {about}, Python strings | {' | '.join(f'{speed:,.0f}' for speed in speeds)} | |"


def main() -> None:
    if len(sys.argv) < 2:
        print(*tables(), sep="\n")
        return
    run = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
    record = condense(run)
    name = Path(run["benchmarks"][0]["fullname"].partition("::")[0]).stem.removeprefix("bench_")
    RECORDS.mkdir(exist_ok=True)
    suffix = "" if record["vectors"] == "avx512" else f"-{record['vectors']}"
    path = RECORDS / f"{record['date']}-{name}{suffix}.json"
    path.write_text(json.dumps(record, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    print(path)


if __name__ == "__main__":
    main()
