"""The worker pool: every way a child can die costs exactly the item it worked on."""

import ctypes
import os
import re
import signal
import subprocess
import sys
import time
import types
from collections.abc import Iterator
from pathlib import Path

import pytest

from wentong.workers import FunctionFailed, Pool, WorkerDied

GIGABYTE = 1 << 30


def work(order: str) -> str | int:
    """What the children run: obeys an order by name."""
    match order.split(":"):
        case ["sleep", seconds]:
            time.sleep(float(seconds))
        case ["spin"]:
            # a regular expression that never ends holds the interpreter, like any loop in C
            __import__("re").match(r"(a+)+$", "a" * 60 + "b")
        case ["swell"]:
            return len(b"x" * 4 * GIGABYTE)
        case ["segfault"]:
            ctypes.string_at(0)
        case ["abort"]:
            os.abort()
        case ["killed"]:
            os.kill(os.getpid(), signal.SIGKILL)
        case ["exit"]:
            os._exit(0)
        case ["raise"]:
            raise ValueError("a bug of ours")
        case ["print"]:
            print("noise of a library", flush=True)
        case ["pid"]:
            return os.getpid()
        case ["big"]:
            return "x" * 10_000_000
    return order


def pool(size: int = 2, seconds: float = 10.0) -> Pool[str, str | int]:
    return Pool(work, size=size, seconds=seconds, bytes=GIGABYTE)


def test_results_come_in_input_order() -> None:
    items = [f"sleep:{0.02 * (5 - n)}" for n in range(5)] + [f"item {n}" for n in range(300)]
    with pool() as workers:
        assert list(workers.map(items)) == [(item, item) for item in items]


@pytest.mark.parametrize(
    ("order", "reason"),
    [("swell", "memory"), ("segfault", "crash"), ("abort", "crash"), ("killed", "crash"), ("exit", "crash")],
)
def test_a_death_is_attributed_to_its_item_and_the_others_go_on(order: str, reason: str) -> None:
    items = [f"item {n}" for n in range(40)]
    items[17] = order
    with pool() as workers:
        results = dict(workers.map(items))
    assert results.pop(order) == WorkerDied(reason)  # type: ignore[arg-type]
    assert results == {item: item for item in items if item != order}


@pytest.mark.parametrize("order", ["sleep:60", "spin"])
def test_an_item_that_takes_too_long_is_stopped(order: str) -> None:
    began = time.monotonic()
    with pool(seconds=0.5) as workers:
        assert list(workers.map(["a", order, "b"])) == [("a", "a"), (order, WorkerDied("timeout")), ("b", "b")]
    assert time.monotonic() - began < 5


def test_many_deaths_in_a_row() -> None:
    orders = ["segfault", "abort", "sleep:60", "swell", "fine"] * 3
    expected = [WorkerDied("crash"), WorkerDied("crash"), WorkerDied("timeout"), WorkerDied("memory"), "fine"] * 3
    with pool(seconds=0.5) as workers:
        assert [result for _, result in workers.map(orders)] == expected


def test_an_exception_of_the_function_carries_its_traceback_and_the_others_go_on() -> None:
    with pool() as workers:
        first, failed, last = workers.map(["fine", "raise", "fine"])
    assert first == last == ("fine", "fine")
    assert isinstance(failed[1], FunctionFailed)
    assert re.search(r"(?s)raise.*ValueError: a bug of ours", str(failed[1]))


def test_output_of_libraries_does_not_disturb() -> None:
    with pool() as workers:
        assert list(workers.map(["print", "big"])) == [("print", "print"), ("big", "x" * 10_000_000)]


def test_children_are_reused_and_gone_afterwards() -> None:
    with pool() as workers:
        first = {pid for _, pid in workers.map(["pid"] * 50)}
        again = {pid for _, pid in workers.map(["pid"] * 50)}
    assert again <= first
    assert len(first) <= 2
    for pid in first:
        with pytest.raises(ProcessLookupError):
            os.kill(int(pid), 0)  # type: ignore[arg-type]


def test_the_input_is_read_only_as_fast_as_needed() -> None:
    drawn = 0

    def endless() -> Iterator[str]:
        nonlocal drawn
        while True:
            drawn += 1
            yield "item"

    with pool() as workers:
        results = workers.map(endless())
        for _ in range(100):
            next(results)
        results.close()  # type: ignore[attr-defined]
        assert drawn < 300
        assert list(workers.map(["usable", "again"])) == [("usable", "usable"), ("again", "again")]


def test_a_function_that_cannot_be_imported_is_our_bug_too(monkeypatch: pytest.MonkeyPatch) -> None:
    module = types.ModuleType("only_here")
    exec("def work(item):\n    return item", module.__dict__)
    monkeypatch.setitem(sys.modules, "only_here", module)
    with Pool(module.work, size=1, seconds=1, bytes=GIGABYTE) as workers, pytest.raises(FunctionFailed, match="start"):
        list(workers.map(["fine"]))


def test_it_works_inside_a_daemonic_process_which_may_have_no_multiprocessing_children(tmp_path: Path) -> None:
    script = tmp_path / "daemonic.py"
    script.write_text(
        "import multiprocessing, os.path\n"
        "from wentong.workers import Pool\n"
        "def run():\n"
        "    with Pool(os.path.basename, size=2, seconds=5, bytes=1 << 30) as workers:\n"
        "        print(list(workers.map(['/a/b', '/c/d'])), flush=True)\n"
        "if __name__ == '__main__':\n"
        "    child = multiprocessing.get_context('fork').Process(target=run, daemon=True)\n"
        "    child.start(); child.join()\n"
    )
    path = os.pathsep.join(sys.path)
    done = subprocess.run([sys.executable, script], capture_output=True, text=True, env={"PYTHONPATH": path})
    assert done.stdout == "[('/a/b', 'b'), ('/c/d', 'd')]\n", done.stderr
