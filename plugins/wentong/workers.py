"""A pool of small processes that do dangerous work: one that hangs, swells or dies costs one item, never the run.

The processes are plain children started from the command line, not `multiprocessing` ones: they import nothing but the
function's own module, and they may be started from anywhere, also inside an Airflow task, whose process is daemonic and
may have no `multiprocessing` children. A child ends itself when its time is up (SIGPROF and SIGALRM, which stop C code as well), and
when its parent is gone (end of input).
"""

import contextlib
import fcntl
import gc
import json
import os
import pickle
import resource
import selectors
import signal
import struct
import subprocess
import sys
import time
import traceback
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from types import TracebackType
from typing import IO, Any, Final, Generic, Literal, TypeVar, cast

T = TypeVar("T")
R = TypeVar("R")

_PATIENCE: Final = 3
"""How many times its seconds an item may take by the clock: on a busy machine, or waiting for a slow disk."""
_GRACE: Final = 5.0
"""Seconds after which a child that should have ended itself is killed."""
_PIPE: Final = 1 << 20
"""Bytes of answers that wait for the parent; more than Linux grants without asking."""
_BOOT: Final = "import sys, json; sys.path[:] = json.loads(sys.argv[1]); from wentong.workers import _serve; _serve()"


@dataclass(frozen=True, slots=True)
class WorkerDied:
    """What stands in place of a result: the process that worked on the item did not survive it."""

    reason: Literal["timeout", "memory", "crash"]


class FunctionFailed(RuntimeError):
    """The function raised an exception: our fault, not the item's. The message ends with the child's traceback.

    For an item it stands in place of the result, so that the others go on; it is raised when no child can start at all.
    """


class Pool(Generic[T, R]):
    """Runs `function` in `size` child processes, each item limited to `seconds` of processor time and `bytes` of address space.

    `function` must be importable by name. Children are started when first needed and used until they die.
    """

    def __init__(self, function: Callable[[T], R], size: int, seconds: float, bytes: int) -> None:
        self._hello = (pickle.dumps(function), seconds, bytes)
        self._size, self._seconds = size, seconds
        self._children: list[_Child[T]] = []
        self._selector = selectors.DefaultSelector()

    def __enter__(self) -> "Pool[T, R]":
        return self

    def __exit__(self, kind: type[BaseException] | None, fault: BaseException | None, at: TracebackType | None) -> None:
        for child in list(self._children):
            self._dismiss(child)
        self._selector.close()

    def map(self, items: Iterable[T]) -> Iterator[tuple[T, R | WorkerDied | FunctionFailed]]:
        """Each item with its result, in the order of `items`, which is read only as fast as the work proceeds."""
        work: _Work[T] = _Work(enumerate(items))
        done: dict[int, tuple[T, R | WorkerDied | FunctionFailed]] = {}
        following = 0
        try:
            while True:
                self._feed(work, len(done))
                if any(child.batch for child in self._children):
                    self._collect(work, done, wait=following not in done)
                elif following not in done:
                    return
                if following in done:
                    yield done.pop(following)
                    following += 1
        finally:
            for child in [child for child in self._children if child.batch]:
                self._dismiss(child)

    def _feed(self, work: "_Work[T]", finished: int) -> None:
        """Give every idle child a batch, unless too many results already wait for a slow one before them."""
        while finished + sum(len(child.batch) for child in self._children) < 32 * self._size:
            idle = next((child for child in self._children if not child.batch), None)
            if idle is None and len(self._children) == self._size:
                return
            batch = work.take(idle.appetite if idle else 1)
            if not batch:
                return
            (idle or self._start()).give(batch)

    def _start(self) -> "_Child[T]":
        child = _Child[T](self._hello)
        self._children.append(child)
        self._selector.register(child.answers, selectors.EVENT_READ, child)
        return child

    def _dismiss(self, child: "_Child[T]") -> None:
        self._children.remove(child)
        self._selector.unregister(child.answers)
        child.end()

    def _collect(
        self, work: "_Work[T]", done: dict[int, tuple[T, R | WorkerDied | FunctionFailed]], wait: bool
    ) -> None:
        """Take one answer from each child that has one; wait for the first if told so."""
        ready = [
            cast("_Child[T]", key.data)
            for key, _ in self._selector.select(self._seconds * _PATIENCE + _GRACE if wait else 0)
        ]
        if wait and not ready:  # not even the alarm could end them: stuck in the kernel, on a dead network folder
            ready = [child for child in self._children if child.batch]
            for child in ready:
                child.overdue = True
        for child in ready:
            answer = None if child.overdue else child.answer()
            if answer is None:
                self._bury(child, work, done)
            elif answer[0] == "failed":
                number, item = child.took_one()
                done[number] = (item, FunctionFailed(answer[1]))
            elif answer[0] == "done":
                number, item = child.took_one()
                done[number] = (item, cast("R", answer[1]))

    def _bury(
        self, child: "_Child[T]", work: "_Work[T]", done: dict[int, tuple[T, R | WorkerDied | FunctionFailed]]
    ) -> None:
        """Blame the item the child was at and hand back those after it.

        Memory may have been used up by what came before, so only a fresh child can blame an item for its death.
        """
        self._dismiss(child)
        reason = child.reason()
        if not child.started:
            raise FunctionFailed(f"a worker process could not start (exit status {child.process.returncode})")
        if child.batch and (child.fresh or reason == "timeout"):
            number, item = child.batch.popleft()
            done[number] = (item, WorkerDied(reason))
        work.handed_back.extendleft(reversed(child.batch))


@dataclass(slots=True)
class _Work(Generic[T]):
    """What is still to be done, with its number: handed back items first, then the rest of the input."""

    rest: Iterator[tuple[int, T]]
    handed_back: deque[tuple[int, T]] = field(default_factory=deque)

    def take(self, most: int) -> list[tuple[int, T]]:
        batch: list[tuple[int, T]] = []
        while len(batch) < most:
            entry = self.handed_back.popleft() if self.handed_back else next(self.rest, None)
            if entry is None:
                break
            batch.append(entry)
        return batch


@dataclass(slots=True, eq=False)
class _Child(Generic[T]):
    """One process seen from the parent. It answers the items of its batch one by one, in their order."""

    hello: tuple[bytes, float, int]
    process: "subprocess.Popen[bytes]" = field(init=False)
    batch: deque[tuple[int, T]] = field(default_factory=deque)
    appetite: int = 1
    """How many items make a batch that takes about a tenth of a second."""
    given: tuple[int, float] = (0, 0.0)
    """Size of the last batch and when it was given."""
    started: bool = False
    fresh: bool = True
    """Has not finished an item yet."""
    overdue: bool = False
    out_of_memory: bool = False

    def __post_init__(self) -> None:
        command = [sys.executable, "-c", _BOOT, json.dumps(sys.path)]
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, bufsize=0)
        with contextlib.suppress(OSError):  # so that it need not wait while we are busy; its user may have too many
            fcntl.fcntl(self.answers, fcntl.F_SETPIPE_SZ, _PIPE)
        self._tell(self.hello)

    @property
    def answers(self) -> IO[bytes]:
        return cast("IO[bytes]", self.process.stdout)

    def give(self, batch: list[tuple[int, T]]) -> None:
        self.batch.extend(batch)
        self.given = len(batch), time.monotonic()
        self._tell([item for _, item in batch])

    def _tell(self, message: object) -> None:
        # that it is dead shows where its answers are read
        with contextlib.suppress(BrokenPipeError):
            _write(cast("IO[bytes]", self.process.stdin), _frame(message))

    def took_one(self) -> tuple[int, T]:
        self.fresh = False
        finished = self.batch.popleft()
        if not self.batch:
            count, since = self.given
            pace = max((time.monotonic() - since) / count, 1e-4)
            self.appetite = max(1, min(2 * self.appetite, 32, int(0.1 / pace)))
        return finished

    def answer(self) -> tuple[str, Any] | None:
        """The next answer, ("ready" | "done" | "failed", what), or None when the child is gone or must go."""
        try:
            answer = cast("tuple[str, Any]", _read(self.answers))
        except EOFError:
            # it closed its output because it is ending; this tells of what
            with contextlib.suppress(subprocess.TimeoutExpired):
                self.process.wait(_GRACE)
            return None
        self.started = True
        self.out_of_memory = answer[0] == "memory"
        return None if self.out_of_memory else answer

    def end(self) -> None:
        self.process.kill()
        self.process.wait()
        for stream in (self.process.stdin, self.process.stdout):
            if stream:
                stream.close()

    def reason(self) -> Literal["timeout", "memory", "crash"]:
        """Of what it died."""
        if self.overdue or self.process.returncode in (-signal.SIGALRM, -signal.SIGPROF):
            return "timeout"
        return "memory" if self.out_of_memory else "crash"


def _serve() -> None:
    """The life of a child: receive the function and its limits, then batches of items until the parent is gone.

    The collector rests while an item is worked on: what grows by millions there are cells, which form no cycles.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent decides
    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    signal.signal(signal.SIGPROF, signal.SIG_DFL)
    requests, answers = os.fdopen(os.dup(0), "rb", 0), os.fdopen(os.dup(1), "wb", 0)
    os.dup2(2, 1)  # what a library prints must not end up among the answers
    function, seconds, limit = cast("tuple[bytes, float, int]", _read(requests))
    call = pickle.loads(function)
    from wentong.forms import forms

    forms()  # read now: what checks the declarations is a library that might not fit in any more
    resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    gc.disable()
    _write(answers, _frame(("ready", None)))
    while True:
        try:
            batch = cast("list[object]", _read(requests))
        except EOFError:
            return
        gc.collect()
        gc.freeze()  # what is left are modules and caches, which stay: no need to look at them again
        for item in batch:
            signal.setitimer(signal.ITIMER_PROF, seconds)
            signal.setitimer(signal.ITIMER_REAL, seconds * _PATIENCE)
            try:
                frame = _frame(("done", call(item)))
            except MemoryError:
                _write(answers, _frame(("memory", None)))
                return
            except Exception:  # reported to the parent
                frame = _frame(("failed", traceback.format_exc()))
            signal.setitimer(signal.ITIMER_PROF, 0)
            signal.setitimer(signal.ITIMER_REAL, 0)
            _write(answers, frame)


def _frame(message: object) -> bytes:
    data = pickle.dumps(message, pickle.HIGHEST_PROTOCOL)
    return struct.pack("<Q", len(data)) + data


def _write(stream: IO[bytes], frame: bytes) -> None:
    view = memoryview(frame)
    while view:
        view = view[stream.write(view) :]


def _read(stream: IO[bytes]) -> object:
    (length,) = struct.unpack("<Q", _exactly(stream, 8))
    data = _exactly(stream, length)
    enabled = gc.isenabled()
    gc.disable()  # all that is new stays: to look for garbage in it takes as long again
    try:
        return pickle.loads(data)
    finally:
        if enabled:
            gc.enable()


def _exactly(stream: IO[bytes], length: int) -> bytes:
    pieces: list[bytes] = []
    while length:
        piece = stream.read(min(length, 1 << 20))
        if not piece:
            raise EOFError
        pieces.append(piece)
        length -= len(piece)
    return b"".join(pieces)
