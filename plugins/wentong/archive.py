"""What was handed in, kept for good: the shared folder, the content-addressed archive and the journal. No database.

A receipt exists from the moment its line is in the journal. Everything before that line can be repeated, everything
after it can be made up for, so a process may be killed anywhere.
"""

import ctypes
import errno
import fcntl
import hashlib
import itertools
import logging
import os
import re
import secrets
import shutil
import stat
import time
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from fnmatch import fnmatch
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple

from wentong.errors import EnvironmentProblem, WentongError
from wentong.journal import Journal, flush_folder, private_folder

log = logging.getLogger(__name__)

INBOX, RECEIVED, ANSWERS = "收件箱", "已收", "回执"
"""Folder names of a share. Stewards drop files into 收件箱, find them again in 收件箱/已收 and the answers in 回执."""
TEMPLATES = "模板"
"""`<share>/<county>/模板/<unit>/`: workbooks to fill in. No inbox."""
PRECHECK, CHECKED = "预审", "已审"
"""What lies in 预审 is only checked: the answer appears in 预审/回执, the file itself goes to 预审/已审."""
EVIDENCE = "佐证"
"""Photos, scans and documents, named by their evidence number: kept as they are and never read. They stay where they lie."""
DROPPINGS = (
    ".*", "~$*", "*.tmp", "*.crdownload", "*.part", "*.baiduyun.downloading", "thumbs.db", "desktop.ini",
    "@eadir", "#recycle", "$recycle.bin", "system volume information", "lost+found",
)  # fmt: skip
"""Names nobody means to hand in: lock files, unfinished downloads, what systems leave behind. Folders likewise."""
CHUNK = 1 << 20
QUIET = timedelta(seconds=60)
"""A file nobody has written to for so long is complete at first sight."""
WATCHED = timedelta(days=2)
"""So long after a file was moved to 已收 somebody may still be writing to it: what changes there is received again."""


class Inbox(NamedTuple):
    """A folder into which files are dropped. `county_name` is its parent's name, None when the share is one county's."""

    path: Path
    county_name: str | None


class Incoming(NamedTuple):
    """A file in an inbox that is complete as far as one can see from outside."""

    share: Path
    inbox: Inbox
    path: Path
    size_bytes: int
    modified_ns: int

    @property
    def folder(self) -> str:
        """The sub-folder of the inbox it lies in (`水口镇`, `三埠街道/补报`), "" at the top."""
        return _posix(self.path.parent.relative_to(self.inbox.path))


@dataclass(frozen=True, slots=True)
class Receipt:
    """The event that a file was handed in; the same bytes handed in twice are two receipts."""

    submission_id: int
    """1, 2, 3 … in order of receipt: precedence among submissions."""
    journal_seq: int
    """Number of its journal entry."""
    sha256: str
    archive_name: str
    """`ab/<sha256>.xlsx`, below the archive."""
    county_code: str
    county_name: str | None
    folder: str
    """Sub-folder of the inbox, usually the town; "" at the top."""
    file_name: str
    path: str
    """Where it lay, below the share."""
    inbox: str
    """The inbox, below the share."""
    size_bytes: int
    modified_ns: int
    received_at: datetime
    share: str
    """The share it lay in, as `share_name` says: receipts of one are no business of another."""

    @property
    def modified_at(self) -> datetime:
        return datetime.fromtimestamp(self.modified_ns / 1e9, UTC)

    @classmethod
    def from_entry(cls, entry: Mapping[str, Any]) -> "Receipt":
        """From a journal entry of event `received`."""
        own = ("submission_id", "journal_seq", "received_at")
        return cls(
            submission_id=entry.get("submission_id", entry["seq"]),  # up to version 0.1 they were one number
            journal_seq=entry["seq"],
            received_at=datetime.fromisoformat(entry["at"]),
            **{name: entry[name] for name in cls.__slots__ if name not in own},
        )


# ---------------------------------------------------------------------------------------------------- the share


def inboxes(share: Path, name: str = INBOX) -> list[Inbox]:
    """`<share>/<county>/收件箱` and `<share>/收件箱`; a share with neither is itself the inbox. Likewise for 预审.

    Raises EnvironmentProblem if the share cannot be read.
    """
    try:
        top = [entry for entry in sorted(share.iterdir()) if entry.is_dir() and not entry.is_symlink()]
    except OSError as error:
        raise EnvironmentProblem(f"Cannot read the shared folder {share}: {error.strerror}.") from error
    found = [Inbox(folder, None) for folder in top if _plain(folder.name) == name]
    for county in top:
        if is_dropping(county.name):
            continue
        try:
            inner = [folder for folder in sorted(county.iterdir()) if folder.is_dir() and not folder.is_symlink()]
        except OSError as error:
            log.warning("cannot read %s: %s", county, error.strerror)
            continue
        found += [Inbox(folder, county.name) for folder in inner if _plain(folder.name) == name]
    return found or ([Inbox(share, None)] if name == INBOX else [])


def share_name(share: Path) -> str:
    """What receipts call a share: the path it really has, as text that journal and database keep alike."""
    return str(share.resolve()).encode("utf-8", "replace").decode("utf-8")


def folder_to_write(share: Path, folder: Path) -> Path:
    """Make a folder of the share and return it without links. What is written never leaves the share.

    Anybody with access to a share may plant a link in it, and the files would go where it points. Raises OSError.
    """
    root = share.resolve(strict=True)
    for _ in range(2):  # once more after making it, as it may just have been replaced
        place = folder.resolve()
        if not place.is_relative_to(root):
            raise PermissionError(errno.EPERM, "a link leads out of the shared folder", str(folder))
        place.mkdir(parents=True, exist_ok=True)
    return place


def write_new(target: Path, content: bytes) -> None:
    """Write a file whole or not at all. Raises FileExistsError rather than overwrite, OSError otherwise."""
    part = _part(target.parent)
    try:
        with _create(part) as stream:
            stream.write(content)
        rename_new(part, target)
    finally:
        with suppress(OSError):  # gone: it has its name
            part.unlink()


def write_once(share: Path, folder: Path, stem: str, ending: str, content: bytes) -> Path:
    """Write a file into a folder of the share; returns its path, also where it lay there already with this content.

    A different file of that name is left and gets a neighbour (2). Raises OSError.
    """
    place = folder_to_write(share, folder)
    for attempt in itertools.count(1):
        name = f"{stem}{f'({attempt})' if attempt > 1 else ''}{ending}"
        if not os.path.lexists(place / name):
            with suppress(FileExistsError):  # another process was quicker: then look what it wrote
                write_new(place / name, content)
                return folder / name
        if holds(place / name, content):
            return folder / name
    raise AssertionError("unreachable")


def holds(path: Path, content: bytes) -> bool:
    """Whether a regular file with exactly this content lies there; links and pipes are not opened."""
    try:
        return path.lstat().st_size == len(content) and b"".join(_chunks(path)) == content
    except (FileNotFoundError, _Unsteady):
        return False


def copy_safely(file: Incoming, target: Path) -> bool:
    """Copy a file out of the share; False: it changed, vanished or became a link meanwhile, look again later."""
    try:
        with open(target, "wb") as stream:
            stream.writelines(_chunks(file.path))
        steady = _is_as_seen(file)
    except (FileNotFoundError, _Unsteady) as reason:
        log.info("%s is not read yet: %s", file.path, reason)
        return False
    return steady


def make_folders(county: Path, towns: Iterable[str]) -> None:
    """收件箱, 预审 and 佐证 with a sub-folder per town, and 回执, below a county's folder of the share."""
    wanted = [county / ANSWERS, *(county / box / town for town in towns for box in (INBOX, PRECHECK, EVIDENCE))]
    try:
        county.parent.mkdir(parents=True, exist_ok=True)
        for folder in wanted:
            folder_to_write(county.parent, folder)
    except OSError as error:
        log.warning("cannot create %s: %s", error.filename, error.strerror)


def answers_folder(share: Path, inbox: str, folder: str) -> Path:
    """Where the answer to a file goes: 回执 beside its inbox (in it, if the share itself is the inbox), same sub-folder."""
    place = share / inbox
    return (place.parent if _plain(place.name) == INBOX else place) / ANSWERS / folder


def incoming(share: Path, stable_seconds: float, now: datetime, name: str = INBOX) -> list[Incoming]:
    """The complete files of all inboxes (or 预审 folders), in order of their paths.

    Complete: size and modification time stayed the same for `stable_seconds`, and the file can be opened. A file that
    was last written more than a minute ago needs no second look, so collecting an old folder does not wait; otherwise
    this sleeps once. Works by looking only, for network folders tell nobody about changes; a writer that pauses for
    longer is noticed by `Archive.take_back`.
    """
    files = list(look(share, name))
    settled_before = int((now - max(QUIET, timedelta(seconds=stable_seconds))).timestamp() * 1e9)
    young = {file.path for file in files if file.modified_ns > settled_before}
    if young:
        time.sleep(stable_seconds)
        again = set(look(share, name))
        files = [file for file in files if file.path not in young or file in again]
    return [file for file in files if _can_be_opened(file.path)]


def put_aside(file: Incoming, folder: str, at: datetime) -> None:
    """Move a file that is done with to <its inbox>/<folder>/…; nothing is overwritten. On a read-only share it stays,
    and so does what was put in its place meanwhile."""
    try:
        if not _is_as_seen(file):
            return
        target = folder_to_write(file.share, file.inbox.path / folder / file.folder) / file.path.name
        for name in (target, *(target.with_stem(f"{target.stem}({at:%Y%m%d-%H%M%S}-{n})") for n in range(1, 1000))):
            try:
                rename_new(file.path, name)
                return
            except FileExistsError:
                continue
    except OSError as error:
        log.info("%s stays where it is: %s", file.path, error.strerror)


def is_dropping(name: str) -> bool:
    """Whether a file or folder name is nobody's return: `~$…`, `.DS_Store`, `*.crdownload` …"""
    return any(fnmatch(_plain(name).casefold(), pattern) for pattern in DROPPINGS)


def look(share: Path, name: str = INBOX) -> Iterator[Incoming]:
    """Every file of all inboxes (or 预审 folders) as it lies there now, complete or not."""
    own = {INBOX: {RECEIVED}, PRECHECK: {CHECKED, ANSWERS}, EVIDENCE: set[str]()}[name]
    for inbox in inboxes(share, name):
        ours = own | {ANSWERS, PRECHECK} if inbox.path == share else own
        for folder, folders, names in os.walk(inbox.path, onerror=lambda e: log.warning("cannot read: %s", e)):
            here = Path(folder)
            for inner in folders:
                if (here / inner).is_symlink():
                    log.warning("%s is a link and is not followed", here / inner)
            folders[:] = sorted(
                inner
                for inner in folders
                if not is_dropping(inner)
                and not (here == inbox.path and _plain(inner) in ours)
                # a share that is itself the inbox holds templates and evidence, too: 模板 or 开平市/模板
                and not (
                    inbox.path == share and share in (here, here.parent) and _plain(inner) in (TEMPLATES, EVIDENCE)
                )
            )
            for file_name in sorted(names):
                path = here / file_name
                if is_dropping(file_name):
                    continue
                try:
                    seen = path.lstat()
                except OSError:
                    continue  # gone since it was listed
                if not stat.S_ISREG(seen.st_mode):
                    log.warning("%s is a link or no file and is not received", path)
                    continue
                yield Incoming(share, inbox, path, seen.st_size, seen.st_mtime_ns)


def _can_be_opened(path: Path) -> bool:
    try:
        os.close(_open(path))
    except OSError as error:
        log.info("%s cannot be opened yet: %s", path, error.strerror)
        return False
    return True


def _is_as_seen(file: Incoming) -> bool:
    seen = file.path.lstat()
    return stat.S_ISREG(seen.st_mode) and (seen.st_size, seen.st_mtime_ns) == (file.size_bytes, file.modified_ns)


def _open(path: Path) -> int:
    """Open for reading, never through a link put there meanwhile, never waiting for a pipe's other end."""
    return os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)


def _plain(name: str) -> str:
    return unicodedata.normalize("NFKC", name)


def _posix(path: Path) -> str:
    return "" if path == Path(".") else path.as_posix()


# -------------------------------------------------------------------------------------------------- the archive


class Archive:
    """The folder of originals, `<ab>/<sha256>.<suffix>`, with its journal. Any number of processes may use it at once.

    Receiving and settling happen one at a time under `receive.lock`, so two collectors cannot receive one file twice.
    """

    def __init__(self, root: Path) -> None:
        self.root = root
        self.journal = Journal(root / "journal.jsonl")
        self._unsettled: dict[tuple[str, str], Receipt] = {}
        self._settled: dict[tuple[str, str], _Settled] = {}
        self._read_up_to = 0
        self._last_receipt = 0

    def receive(self, file: Incoming, county_code: str, at: datetime) -> Receipt | None:
        """Copy a file into the archive and write its receipt. None: it changed or vanished meanwhile, look again later.

        A file that lies unchanged where an unsettled receipt found it (killed before settling, or a share we may only
        read) is that receipt, and nothing is written.
        """
        with self._alone():
            try:
                sha256, archive_name = self._store(file.path, file.size_bytes)
                steady = _is_as_seen(file)
            except (FileNotFoundError, _Unsteady) as reason:
                log.info("%s is not received yet: %s", file.path, reason)
                return None
            if not steady:
                return None

            share, path = share_name(file.share), _posix(file.path.relative_to(file.share))
            known = self.unsettled().get((share, path))
            identity = (sha256, file.size_bytes, file.modified_ns)
            if known and (known.sha256, known.size_bytes, known.modified_ns) == identity:
                return known
            payload = {
                "submission_id": self._last_receipt + 1,
                "sha256": sha256,
                "archive_name": archive_name,
                "county_code": county_code,
                "county_name": file.inbox.county_name,
                "folder": file.folder,
                "file_name": file.path.name,
                "path": path,
                "inbox": _posix(file.inbox.path.relative_to(file.share)),
                "size_bytes": file.size_bytes,
                "modified_ns": file.modified_ns,
                "share": share,
            }
            return Receipt.from_entry(self.journal.note("received", payload, at))

    def settle(self, receipt: Receipt, share: Path, at: datetime) -> Path | None:
        """Move the original of a receipt to 收件箱/已收/<its sub-folder>/ and note that in the journal.

        A taken name gets the time and the number of the receipt; nothing is overwritten. What is not moved: another
        file that lies in its place by now, and anything in a share we may only read. Returns where it lies now, None if
        it was not moved. Can be repeated.
        """
        with self._alone():
            if receipt.share != share_name(share) or self.unsettled().get((receipt.share, receipt.path)) != receipt:
                return None
            original = share / receipt.path
            try:
                seen = original.lstat()
            except FileNotFoundError:
                # Killed between moving and noting, or taken away by its sender.
                self._note_settled(receipt, share, self._find_moved(receipt, share), at)
                return None
            if (seen.st_size, seen.st_mtime_ns) != (receipt.size_bytes, receipt.modified_ns):
                return None
            try:
                moved = self._move_to_received(receipt, share)
            except OSError as error:
                log.info("%s stays where it is: %s", original, error.strerror)
                return None
            if moved:
                self._note_settled(receipt, share, moved, at)
            return moved[0] if moved else None

    def settle_leftovers(self, share: Path, at: datetime) -> None:
        """Settle what earlier, interrupted runs received from this share. To be called before receiving."""
        own = share_name(share)
        for receipt in [receipt for receipt in self.unsettled().values() if receipt.share == own]:
            self.settle(receipt, share, at)
        self.take_back(share, at)

    def take_back(self, share: Path, at: datetime) -> list[Path]:
        """Move what changed in 已收 within two days after it was settled back into its inbox, to be received anew.

        A writer that pauses, or a broken connection that resumes, goes on writing to the file we have moved: a move
        does not take it out of his hands. One look per file settled lately; only what differs is read. Returns the new
        places.
        """
        with self._alone():
            self.unsettled()
            own, moved = share_name(share), []
            self._settled = {key: one for key, one in self._settled.items() if at - one.at < WATCHED}
            for key, one in list(self._settled.items()):
                if key[0] != own:
                    continue
                original = share / key[1]
                try:
                    seen = original.lstat()
                    if (seen.st_size, seen.st_mtime_ns) == (one.size_bytes, one.modified_ns):
                        continue
                    if not stat.S_ISREG(seen.st_mode):
                        raise FileNotFoundError(errno.ENOENT, "it is no file any more")
                    if _digest(original) == one.receipt.sha256:  # touched only; what is written later shows again
                        self._settled[key] = one._replace(size_bytes=seen.st_size, modified_ns=seen.st_mtime_ns)
                        continue
                    back = share / one.receipt.path
                    folder = folder_to_write(share, back.parent)
                    moved.append(_rename_to_first_free(original, _free_names(folder, one.receipt)))
                    log.warning("%s was written to after it was received and goes back to %s", original, moved[-1])
                except FileNotFoundError:
                    pass  # its sender took it away
                except (OSError, _Unsteady) as error:
                    log.warning("%s changed after it was received and cannot be taken back: %s", original, error)
                    continue
                del self._settled[key]
            return moved

    def unsettled(self) -> dict[tuple[str, str], Receipt]:
        """Share and path below it -> its latest receipt, as long as that is not settled."""
        for entry in self.journal.read(after=self._read_up_to):
            if entry["event"] == "received":
                receipt = Receipt.from_entry(entry)
                self._unsettled[entry["share"], entry["path"]] = receipt
                self._last_receipt = receipt.submission_id
            elif entry["event"] == "settled":
                key = entry["share"], entry["path"]
                known = self._unsettled.get(key)
                if known and known.submission_id == entry["submission_id"]:
                    del self._unsettled[key]
                    if entry["moved_to"] is not None:
                        self._settled[entry["share"], entry["moved_to"]] = _Settled(
                            known, entry["size_bytes"], entry["modified_ns"], datetime.fromisoformat(entry["at"])
                        )
            self._read_up_to = entry["seq"]
        return self._unsettled

    def keep_evidence(self, file: Incoming, county_code: str, at: datetime) -> bool:
        """Copy a piece of evidence into the archive and note it in the journal. False: it changed or vanished meanwhile."""
        with self._alone():
            try:
                sha256, archive_name = self._store(file.path, file.size_bytes)
                steady = _is_as_seen(file)
            except (FileNotFoundError, _Unsteady) as reason:
                log.info("%s is not kept yet: %s", file.path, reason)
                return False
            if steady:
                payload = {
                    "sha256": sha256,
                    "archive_name": archive_name,
                    "county_code": county_code,
                    "folder": file.folder,
                    "file_name": file.path.name,
                    "path": _posix(file.path.relative_to(file.share)),
                    "size_bytes": file.size_bytes,
                    "modified_ns": file.modified_ns,
                    "share": share_name(file.share),
                }
                self.journal.append("evidence", payload, at)
            return steady

    def keep(self, source: Path) -> tuple[str, str]:
        """Copy any input file (a unit list, a plan list) into the archive. Returns its SHA-256 and archive name."""
        with self._alone():
            try:
                return self._store(source)
            except _Unsteady as error:
                raise WentongError(f"Cannot read {source}: {error}.") from error

    def damaged_originals(self) -> Iterator[str]:
        """A sentence for each original that is lost or changed. The journal, which names them, is believed."""
        kept = {entry["archive_name"]: entry["sha256"] for entry in self.journal.read() if "archive_name" in entry}
        for name, sha256 in sorted(kept.items()):
            try:
                if _sha256(self.original(name)) != sha256:
                    yield f"{name}: not the bytes that were received"
            except OSError as error:
                yield f"{name}: {error.strerror}"

    def original(self, archive_name: str) -> Path:
        """The file kept under this name."""
        return self.root / archive_name

    def _store(self, source: Path, expected_size: int | None = None) -> tuple[str, str]:
        """Copy under a temporary name while hashing, flush to disk, then give it its name in one step."""
        try:
            return self._store_steadily(source, expected_size)
        except OSError as error:
            raise EnvironmentProblem(f"Cannot write to the archive {self.root}: {error.strerror}.") from error

    def _store_steadily(self, source: Path, expected_size: int | None) -> tuple[str, str]:
        part = self.root / "incoming.part"
        part.unlink(missing_ok=True)  # of a process that was killed
        digest, size = hashlib.sha256(), 0
        with open(part, "wb") as writer:
            for chunk in _chunks(source):
                digest.update(chunk)
                writer.write(chunk)
                size += len(chunk)
            writer.flush()
            os.fsync(writer.fileno())
        if expected_size not in (None, size):
            raise _Unsteady("its size changed while it was read")

        sha256 = digest.hexdigest()
        name = f"{sha256[:2]}/{sha256}{_suffix(source.name)}"
        target = self.root / name
        if target.exists() and target.stat().st_size == size:
            part.unlink()
        else:
            private_folder(target.parent)
            with suppress(PermissionError):  # a file system without permissions
                part.chmod(0o400)
            part.replace(target)
            flush_folder(target.parent)
            flush_folder(self.root)
        return sha256, name

    def _move_to_received(self, receipt: Receipt, share: Path) -> "_Moved | None":
        original = share / receipt.path
        received = share / receipt.inbox / RECEIVED / receipt.folder
        folder = folder_to_write(share, received)
        for target in _free_names(folder, receipt):
            try:
                _move(original, target, receipt.sha256)
            except FileExistsError:
                continue
            seen = target.lstat()  # before its bytes are compared: what is written after that shows in `take_back`
            if _has(target, receipt.sha256):
                return received / target.name, seen
            # Replaced by other content of the same size and time in the last instant: not received, so given back.
            _rename_to_first_free(target, (original, *_free_names(original.parent, receipt)))
            return None
        raise FileExistsError(folder / receipt.file_name)

    def _find_moved(self, receipt: Receipt, share: Path) -> "_Moved | None":
        """Where an earlier, killed process moved it, if it lies there unchanged."""
        for target in _free_names(share / receipt.inbox / RECEIVED / receipt.folder, receipt):
            try:
                seen = target.lstat()
            except OSError:
                return None
            if seen.st_size == receipt.size_bytes and _has(target, receipt.sha256):
                return target, seen
        return None

    def _note_settled(self, receipt: Receipt, share: Path, moved: "_Moved | None", at: datetime) -> None:
        payload = {
            "submission_id": receipt.submission_id,
            "share": receipt.share,
            "path": receipt.path,
            "moved_to": _posix(moved[0].relative_to(share)) if moved else None,
            "size_bytes": moved[1].st_size if moved else None,
            "modified_ns": moved[1].st_mtime_ns if moved else None,
        }
        self.journal.append("settled", payload, at)

    @contextmanager
    def _alone(self) -> Iterator[None]:
        private_folder(self.root)
        with open(self.root / "receive.lock", "w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield


_Moved = tuple[Path, os.stat_result]
"""Where an original lies in 已收, and how it looked there."""


class _Settled(NamedTuple):
    """An original in 已收 as it was left there."""

    receipt: Receipt
    size_bytes: int
    modified_ns: int
    at: datetime


class _Unsteady(Exception):
    """The source cannot be read to its end, or is not the file that was looked at."""


def _chunks(source: Path) -> Iterator[bytes]:
    """The bytes of a regular file. Whatever goes wrong here is the source's fault, not the archive's."""
    try:
        with open(_open(source), "rb", buffering=0) as reader:
            if not stat.S_ISREG(os.fstat(reader.fileno()).st_mode):
                raise _Unsteady("it is no file any more")
            while chunk := reader.read(CHUNK):
                yield chunk
    except OSError as error:
        raise _Unsteady(error.strerror or str(error)) from error


def _free_names(folder: Path, receipt: Receipt) -> Iterator[Path]:
    """The same name, then with time and number; a number once more if somebody made even that name."""
    name = Path(receipt.file_name)
    yield folder / name
    marked = f"{name.stem}({receipt.received_at:%Y%m%d-%H%M%S} 第{receipt.submission_id}号"
    yield folder / f"{marked}){name.suffix}"
    for count in range(2, 1000):
        yield folder / f"{marked}-{count}){name.suffix}"


def _move(source: Path, target: Path, sha256: str) -> None:
    """Rename, or copy and delete across mounts. Raises FileExistsError rather than overwrite."""
    try:
        rename_new(source, target)
    except OSError as error:
        if error.errno != errno.EXDEV:
            raise
    else:
        return
    if target.exists():
        if _sha256(target) != sha256:
            raise FileExistsError(target)
    else:
        part = _part(target.parent)
        try:
            with _create(part) as stream:
                stream.writelines(_chunks(source))
                stream.flush()
                os.fsync(stream.fileno())
            shutil.copystat(source, part, follow_symlinks=False)
            rename_new(part, target)
        except _Unsteady as reason:
            raise OSError(errno.EAGAIN, str(reason), str(source)) from reason
        finally:
            with suppress(OSError):
                part.unlink()
    source.unlink()


def rename_new(source: Path, target: Path) -> None:
    """Rename to a name that must be free: plain rename would overwrite without a word."""
    no_replace, here = 1, -100  # RENAME_NOREPLACE, AT_FDCWD of Linux
    if hasattr(_libc, "renameat2"):
        if not _libc.renameat2(here, os.fsencode(source), here, os.fsencode(target), no_replace):
            return
        code = ctypes.get_errno()
        if code not in (errno.EINVAL, errno.ENOSYS, errno.ENOTSUP):  # these: a file system that cannot
            raise OSError(code, os.strerror(code), str(target))
    if os.path.lexists(target):
        raise FileExistsError(target)
    source.rename(target)


_libc = ctypes.CDLL(None, use_errno=True)


def _rename_to_first_free(source: Path, targets: Iterable[Path]) -> Path:
    for target in targets:
        with suppress(FileExistsError):
            rename_new(source, target)
            return target
    raise FileExistsError(errno.EEXIST, "every name is taken", str(source))


def _part(folder: Path) -> Path:
    """A name for an unfinished file that no other process has, and that is no return."""
    return folder / f".{os.getpid()}-{secrets.token_hex(6)}.part"


def _create(path: Path) -> BinaryIO:
    """Open a new file for writing, never one that lies there, nor through a link."""
    return open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o666), "wb")


def _has(path: Path, sha256: str) -> bool:
    try:
        return _digest(path) == sha256
    except _Unsteady:
        return False


def _digest(path: Path) -> str:
    """SHA-256 of a file in the share; raises _Unsteady."""
    digest = hashlib.sha256()
    for chunk in _chunks(path):
        digest.update(chunk)
    return digest.hexdigest()


def _sha256(path: Path) -> str:
    with open(path, "rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _suffix(name: str) -> str:
    """`.xlsx` of `季报.XLSX`; nothing where the ending is no ordinary one."""
    ending = Path(_plain(name)).suffix.lower()
    return ending if re.fullmatch(r"\.[a-z0-9]{1,10}", ending) else ""
