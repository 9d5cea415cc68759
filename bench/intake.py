"""What intake costs: judging thousands of town returns, against the fastest reader there is as the floor.

    .venv/bin/python bench/intake.py [--files 4000] [--batch 500] [--rows 50000] [--keep FOLDER]

Everything is measured in one run on one machine, each measurement in a process of its own. What the numbers mean and
what they were: bench/README.md.
"""

import argparse
import csv
import hashlib
import json
import os
import random
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from datetime import date, timedelta
from functools import cache
from pathlib import Path
from typing import Any

import psutil

COUNTY, COUNTY_NAME = "440783000000", "开平市"
TODAY = date(2026, 11, 20)
CORES = len(os.sched_getaffinity(0))
CHUNK = 100
"""Files that one process of the generator makes at a time."""


# -- the files ---------------------------------------------------------------------------------------------------------


@cache
def divisions() -> list[dict[str, str]]:
    from wentong.forms import SCHEMAS

    with open(SCHEMAS / "units" / f"{COUNTY[:6]}.csv", encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def towns() -> list[dict[str, str]]:
    return [unit for unit in divisions() if unit["owes_returns"] == "yes"]


def villages(town_code: str) -> list[dict[str, str]]:
    return [unit for unit in divisions() if unit["level"] == "5" and unit["parent_code"] == town_code]


def village_row(village: dict[str, str], chance: random.Random) -> dict[str, object]:
    """Invented figures that no rule objects to."""
    row: dict[str, object] = {"village_name": village["name"], "division_code": village["division_code"]}
    if chance.random() < 0.2:
        return row | {"build_status": chance.choice(["under_construction", "not_built"]), "remark": "示例:已列入计划"}
    sessions = chance.randrange(2, 13)
    return row | {
        "build_status": "built",
        "floor_area_m2": chance.randrange(400, 2800) / 2,
        "outdoor_area_m2": chance.randrange(300, 1500),
        "books_total": chance.randrange(1500, 6000),
        "reading_seats": chance.randrange(10, 60),
        "full_time_staff": chance.randrange(1, 4),
        "weekly_open_hours": chance.choice((35, 40, 42, 45.5, 49, 56)),
        "activity_sessions": sessions,
        "activity_attendance": sessions * chance.randrange(25, 120),
        "volunteer_count": chance.randrange(3, 40),
        "built_on": date(2012, 1, 1) + timedelta(chance.randrange(3600)),
    }


def write_town_return(folder: Path, number: int) -> None:
    """A town's clean return as the template makes it, below a folder named for the town."""
    chance = random.Random(number)
    town = towns()[number % len(towns())]
    rows = [village_row(village, chance) for village in villages(town["division_code"])]
    quarter = chance.randrange(12)
    path = folder / f"{number:05}" / town["name"] / "季报.xlsx"
    path.parent.mkdir(parents=True)
    write(path, town, (2023 + quarter // 4, quarter % 4 + 1), rows)


def write_long_return(path: Path, count: int) -> None:
    """One file of `count` rows: the villages of a town again and again."""
    chance = random.Random(count)
    town = towns()[0]
    own = villages(town["division_code"])
    write(path, town, (2026, 3), [village_row(own[n % len(own)], chance) for n in range(count)])


def write(path: Path, town: dict[str, str], quarter: tuple[int, int], rows: list[dict[str, object]]) -> None:
    from wentong.forms import find_form
    from wentong.periods import Period
    from wentong.templates import write_return

    form = find_form("village_centers")
    people = {"head": "示例甲", "reviewer": "示例乙", "preparer": "示例丙", "phone": "0750-0000000"}
    write_return(
        path,
        form,
        Period.quarter(*quarter),
        town["division_code"],
        f"{COUNTY_NAME}{town['name']}",
        {form.tables[0].name: rows},
        signatures=people | {"reported_on": f"{quarter[0]}年12月30日"},
    )


def write_chunk(folder: Path, start: int, stop: int) -> None:
    for number in range(start, stop):
        write_town_return(folder, number)


def write_files(folder: Path, count: int) -> None:
    with ProcessPoolExecutor(CORES) as processes:
        starts = range(0, count, CHUNK)
        jobs = [processes.submit(write_chunk, folder, n, min(n + CHUNK, count)) for n in starts]
        for job in jobs:
            job.result()


# -- what is measured, each in a process of its own ----------------------------------------------------------------------


def read_with_calamine(paths: Sequence[Path]) -> dict[str, float]:
    """The floor: every cell of every sheet into Python, on one core."""
    import python_calamine

    began = time.perf_counter()
    for path in paths:
        book = python_calamine.CalamineWorkbook.from_path(str(path))
        for name in book.sheet_names:
            book.get_sheet_by_name(name).to_python()
    return {"seconds": time.perf_counter() - began}


def read_with_wentong(paths: Sequence[Path]) -> dict[str, float]:
    """Our own reader alone, on one core."""
    from wentong import readers

    began = time.perf_counter()
    for path in paths:
        readers.read(path, path.name)
    return {"seconds": time.perf_counter() - began}


def judge(paths: Sequence[Path], batch_size: int) -> dict[str, float]:
    """What `wentong check` does with the files, batch by batch: drafts on all cores, then Great Expectations."""
    from wentong import pipeline
    from wentong.judging import Incoming
    from wentong.places import Place, Register
    from wentong.settings import Settings

    # a busy machine must not end what is measured here
    settings = replace(Settings.from_environment(), batch_size=batch_size, parse_seconds=600.0)
    register = Register(
        Place(u["division_code"], u["name"], int(u["level"]), u["parent_code"], u["kind"], u["owes_returns"] == "yes")
        for u in divisions()
    )
    began = time.perf_counter()
    drafting = rows = loaded = clean = 0.0
    with pipeline._drafting(settings, register, TODAY) as pool:
        map_ = pool.map

        def timed_map(files: Iterable[Incoming]) -> Iterator[Any]:
            nonlocal drafting
            start = time.perf_counter()
            yield from map_(files)
            drafting += time.perf_counter() - start

        pool.map = timed_map  # type: ignore[method-assign]
        for start in range(0, len(paths), settings.batch_size):
            files = [
                Incoming(path, path.name, hashlib.sha256(path.read_bytes()).hexdigest(), (path.parent.name,), COUNTY)
                for path in paths[start : start + settings.batch_size]
            ]
            judged, faults = pipeline._judged(pool, files, register)
            faults.raise_if_any()
            for judgement in judged.values():
                rows += len(judgement.rows)
                loaded += judgement.outcome == "load"
                clean += judgement.outcome == "load" and not judgement.findings
    seconds = time.perf_counter() - began
    return {
        "seconds": seconds, "drafts": drafting, "checks": seconds - drafting, "rows": rows, "loaded": loaded,
        "clean": clean,
    }  # fmt: skip


def cpu_seconds() -> float:
    """Processor time of this process and of its children that have ended."""
    own, children = resource.getrusage(resource.RUSAGE_SELF), resource.getrusage(resource.RUSAGE_CHILDREN)
    return own.ru_utime + own.ru_stime + children.ru_utime + children.ru_stime


# -- measuring -----------------------------------------------------------------------------------------------------------


@contextmanager
def result_of(*arguments: object) -> Iterator["subprocess.Popen[str]"]:
    command = [sys.executable, __file__, *map(str, arguments)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        yield process
    if process.returncode:
        raise SystemExit(f"{' '.join(command)} failed")


def measured(what: str, folder: Path, count: int, batch: int) -> dict[str, float]:
    """Run one measurement in a fresh process; adds the peak of the memory that it and its children held together."""
    with result_of("--measure", what, "--keep", folder, "--files", count, "--batch", batch) as process:
        peak = 0
        whole = psutil.Process(process.pid)
        while process.poll() is None:
            peak = max(peak, resident(whole))
            time.sleep(0.2)
        assert process.stdout
        return {**json.loads(process.stdout.read()), "peak": peak / (1 << 20)}


def resident(process: psutil.Process) -> int:
    total = 0
    try:
        for one in (process, *process.children(recursive=True)):
            total += one.memory_info().rss
    except psutil.NoSuchProcess:
        pass  # it has just ended
    return total


def report(folder: Path, count: int, batch: int, rows: int) -> None:
    long = folder / "long.xlsx"
    if not long.exists():
        print(f"writing {count} workbooks and one of {rows} rows …", flush=True)
        write_files(folder / "towns", count)
        write_long_return(long, rows)
    floor = measured("floor", folder, count, batch)
    reading = measured("read", folder, count, batch)
    quarter = measured("judge", folder, count // 4, batch)
    whole = measured("judge", folder, count, batch)
    one_long = measured("long", folder, 1, batch)
    each = floor["seconds"] / count

    def line(name: str, files: int, seconds: float, cpu: str = "", peak: str = "") -> None:
        milliseconds, ratio = seconds / files * 1e3, seconds / files / each
        print(
            f"{name:<42} {files:>6} {seconds:>8.2f} {milliseconds:>8.2f} {files / seconds:>8.0f} {ratio:>7.1f}"
            f" {cpu:>7} {peak:>6}"
        )

    def whole_line(name: str, given: dict[str, float], files: int) -> None:
        line(name, files, given["seconds"], f"{given['cpu']:.1f}", f"{given['peak']:.0f}")

    load = os.getloadavg()[0]
    print(f"{CORES} cores (load {load:.1f}), batches of {batch}, {whole['rows'] / count:.1f} rows a file")
    print(f"{'':<42} {'files':>6} {'s':>8} {'ms/file':>8} {'files/s':>8} {'x floor':>7} {'CPU s':>7} {'MB':>6}")
    whole_line("floor: calamine, one core", floor, count)
    whole_line("readers alone, one core", reading, count)
    whole_line("judge, all cores", quarter, count // 4)
    whole_line("judge, all cores", whole, count)
    line("  of this drafts, all cores", count, whole["drafts"])
    line("  of this Great Expectations, one core", count, whole["checks"])
    whole_line(f"judge one file of {one_long['rows']:.0f} rows", one_long, 1)
    print(f"loaded {whole['loaded']:.0f} of {count}, without any finding {whole['clean']:.0f}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--files", type=int, default=4000, help="how many town workbooks")
    parser.add_argument("--batch", type=int, default=500, help="files judged together (WENTONG_BATCH_SIZE)")
    parser.add_argument("--rows", type=int, default=50_000, help="rows of the long file")
    parser.add_argument("--keep", type=Path, help="folder for the workbooks; those found there are used again")
    parser.add_argument("--measure", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.measure:
        paths = sorted((given.keep / "towns").glob("*/*/*.xlsx"))[: given.files]
        result = {
            "floor": lambda: read_with_calamine(paths),
            "read": lambda: read_with_wentong(paths),
            "judge": lambda: judge(paths, given.batch),
            "long": lambda: judge([given.keep / "long.xlsx"], given.batch),
        }[given.measure]()
        print(json.dumps({**result, "cpu": cpu_seconds()}))
    elif given.keep:
        given.keep.mkdir(parents=True, exist_ok=True)
        report(given.keep, given.files, given.batch, given.rows)
    else:
        with tempfile.TemporaryDirectory() as folder:
            report(Path(folder), given.files, given.batch, given.rows)


if __name__ == "__main__":
    main()
