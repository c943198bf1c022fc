"""Keep what a run of pytest-benchmark measured: machine, versions, and what each benchmark says of itself.

    python benchmarks/record.py run.json

Writes benchmarks/records/DATE-NAME.json, NAME being the benchmark's file. The README's numbers come from there.
"""

import json
import platform
import sys
from importlib.metadata import version
from pathlib import Path
from typing import Any

RECORDS = Path(__file__).parent / "records"


def condense(run: dict[str, Any]) -> dict[str, Any]:
    machine = run["machine_info"]
    return {
        "date": run["datetime"][:10],
        "cpu": machine["cpu"].get("brand_raw", machine["machine"]),
        "system": f"{machine['system']} {machine['release'].partition('-')[0]}",
        "python": platform.python_version(),
        "dedupe": version("dedupe-corpus"),
        "benchmarks": {one["name"]: one["extra_info"] for one in run["benchmarks"]},
    }


def main() -> None:
    run = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
    record = condense(run)
    name = Path(run["benchmarks"][0]["fullname"].partition("::")[0]).stem.removeprefix("bench_")
    RECORDS.mkdir(exist_ok=True)
    path = RECORDS / f"{record['date']}-{name}.json"
    path.write_text(json.dumps(record, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    print(path)


if __name__ == "__main__":
    main()
