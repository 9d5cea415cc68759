"""The shared folder, the archive and the journal: nothing lost, nothing doubled, every edit noticed."""

import errno
import hashlib
import json
import os
import signal
import sys
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from types import FrameType

import pytest

from wentong import archive as archive_module
from wentong.archive import Archive, Receipt, answers_folder, inboxes, incoming
from wentong.bronze import bronze_path, read_bronze, write_bronze
from wentong.errors import EnvironmentProblem, WentongError
from wentong.findings import Finding
from wentong.journal import Journal, JournalBroken
from wentong.returns import Judgement, Row

NOW = datetime(2026, 10, 8, 9, tzinfo=UTC)
OLD = int(datetime(2026, 10, 8, 8, tzinfo=UTC).timestamp() * 1e9)
COUNTY = "440783000000"


@pytest.fixture
def share(tmp_path: Path) -> Path:
    (tmp_path / "share/开平市/收件箱/水口镇").mkdir(parents=True)
    return tmp_path / "share"


@pytest.fixture
def kept(tmp_path: Path) -> Archive:
    return Archive(tmp_path / "archive")


def drop(share: Path, path: str, content: bytes, modified_ns: int = OLD) -> Path:
    file = share / path
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(content)
    os.utime(file, ns=(modified_ns, modified_ns))
    return file


def collect(kept: Archive, share: Path, at: datetime = NOW) -> list[Receipt]:
    """What the pipeline does with a share."""
    kept.settle_leftovers(share, at)
    receipts = []
    for file in incoming(share, 0, at):
        if receipt := kept.receive(file, COUNTY, at):
            receipts.append(receipt)
            kept.settle(receipt, share, at)
    return receipts


def files(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


def originals(kept: Archive) -> dict[str, bytes]:
    return {name: content for name, content in files(kept.root).items() if len(Path(name).parts) == 2}


# ------------------------------------------------------------------------------------------------- journal


def test_journal_reads_back_what_was_appended(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "deep/journal.jsonl")
    assert [journal.append("received", {"file_name": name}, NOW) for name in ("一.xlsx", "b\udcb4.xls", "c")] == [
        1,
        2,
        3,
    ]
    assert [(e["seq"], e["at"], e["event"], e["file_name"]) for e in journal.read()] == [
        (1, "2026-10-08T09:00:00+00:00", "received", "一.xlsx"),
        (2, "2026-10-08T09:00:00+00:00", "received", "b\udcb4.xls"),
        (3, "2026-10-08T09:00:00+00:00", "received", "c"),
    ]
    assert [e["seq"] for e in journal.read(after=2)] == [3]
    assert list(journal.read(after=3)) == []
    assert journal.verify() is None
    assert "一.xlsx" in journal.path.read_text("utf-8")


def test_journal_finds_its_place_in_a_long_file(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "journal.jsonl")
    for number in range(1, 801):
        journal.append("received", {"padding": "x" * (number % 700)}, NOW)
    assert journal.path.stat().st_size > 3 * 65536
    for after in (0, 1, 2, 399, 400, 798, 799, 800):
        assert [e["seq"] for e in journal.read(after)] == list(range(after + 1, 801))


def test_journal_refuses_its_own_words(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="prev, seq"):
        Journal(tmp_path / "j").append("received", {"seq": 9, "prev": ""}, NOW)


@pytest.mark.parametrize("torn", [b'{"seq":3,"at":"2026', b"\0" * 5000, b"{" * 200_000], ids=["half", "zeros", "long"])
def test_journal_sets_a_torn_line_aside(tmp_path: Path, torn: bytes) -> None:
    journal = Journal(tmp_path / "journal.jsonl")
    journal.append("a", {}, NOW)
    journal.append("b", {}, NOW)
    with open(journal.path, "ab") as stream:
        stream.write(torn)
    assert [e["event"] for e in journal.read()] == ["a", "b"]
    assert journal.verify() is None
    assert journal.append("c", {}, NOW) == 3
    assert [e["event"] for e in journal.read()] == ["a", "b", "c"]
    assert (tmp_path / "journal.jsonl.torn").read_bytes() == torn + b"\n"


def test_journal_torn_in_its_first_line_begins_anew(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "journal.jsonl")
    journal.path.write_bytes(b'{"seq"')
    assert journal.append("a", {}, NOW) == 1
    assert journal.verify() is None


def _rewritten(lines: list[bytes]) -> list[bytes]:
    """An edit by somebody who also mends the hash of that line."""
    entry = json.loads(lines[1])
    entry["file_name"] = "z"
    from wentong.journal import _canonical, _hash

    entry["hash"] = _hash({k: v for k, v in entry.items() if k != "hash"})
    return [lines[0], _canonical(entry) + b"\n", *lines[2:]]


@pytest.mark.parametrize(
    ("tamper", "broken"),
    [
        (
            lambda ls: [ls[0], ls[1].replace(b'"b"', b'"x"'), *ls[2:]],
            "line 2: entry 2 was changed after it was written",
        ),
        (lambda ls: [ls[0], *ls[2:]], "line 2: entry 3 does not follow the entry before it"),
        (lambda ls: ls[1:], "line 1: entry 2 does not follow the entry before it"),
        (lambda ls: [ls[0], ls[2], ls[1], ls[3]], "line 2: entry 3 does not follow the entry before it"),
        (lambda ls: [ls[0], ls[0], *ls[1:]], "line 2: entry 1 does not follow the entry before it"),
        (lambda ls: [ls[0], b"\n", *ls[1:]], "line 2: not a journal entry"),
        (lambda ls: [ls[0], ls[1].replace(b",", b", ", 1), *ls[2:]], "line 2: entry 2 was written anew"),
        (_rewritten, "line 3: entry 3 does not follow the entry before it"),
    ],
)
def test_journal_names_the_first_broken_line(
    tmp_path: Path, tamper: Callable[[list[bytes]], list[bytes]], broken: str
) -> None:
    journal = Journal(tmp_path / "journal.jsonl")
    for name in "abcd":
        journal.append("received", {"file_name": name}, NOW)
    journal.path.write_bytes(b"".join(tamper(journal.path.read_bytes().splitlines(keepends=True))))
    assert journal.verify() == f"journal.jsonl, {broken}"


def test_nothing_is_chained_onto_a_damaged_entry(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "journal.jsonl")
    journal.append("received", {"file_name": "a"}, NOW)
    damaged = journal.path.read_bytes().replace(b'"a"', b'"b"')
    journal.path.write_bytes(damaged)
    with pytest.raises(JournalBroken, match="the last entry is damaged"):
        journal.append("received", {}, NOW)
    assert journal.path.read_bytes() == damaged


def test_appending_reads_the_end_only(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "journal.jsonl")
    for number in range(300):
        journal.append("received", {"padding": "x" * 500, "n": number}, NOW)
    whole = journal.path.read_bytes()
    journal.path.write_bytes(whole.replace(b'"n":0', b'"n":9', 1))
    assert journal.append("received", {}, NOW) == 301
    assert journal.verify() == "journal.jsonl, line 1: entry 1 was changed after it was written"


def test_processes_append_one_after_the_other(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "journal.jsonl")

    def write() -> None:
        for _ in range(25):
            journal.append("received", {"process": os.getpid()}, NOW)

    for child in [_child(write) for _ in range(4)]:
        os.waitpid(child, 0)
    assert [e["seq"] for e in journal.read()] == list(range(1, 101))
    assert journal.verify() is None


# ----------------------------------------------------------------------------------------------- the share


@pytest.mark.parametrize(
    ("folders", "expected"),
    [
        (["收件箱"], [("收件箱", None)]),
        (["开平市/收件箱", "台山市/收件箱", "模板"], [("台山市/收件箱", "台山市"), ("开平市/收件箱", "开平市")]),
        (["收件箱/甲镇", "开平市/收件箱"], [("收件箱", None), ("开平市/收件箱", "开平市")]),
        (["水口镇"], [(".", None)]),
        ([], [(".", None)]),
        ([".Trash/收件箱", "甲/乙/收件箱"], [(".", None)]),
    ],
)
def test_inboxes(tmp_path: Path, folders: list[str], expected: list[tuple[str, str | None]]) -> None:
    for folder in folders:
        (tmp_path / folder).mkdir(parents=True)
    assert [(str(i.path.relative_to(tmp_path)), i.county_name) for i in inboxes(tmp_path)] == expected


def test_a_missing_share_is_said_in_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(EnvironmentProblem, match=r"Cannot read the shared folder .*/none: No such file or directory\."):
        inboxes(tmp_path / "none")


@pytest.mark.parametrize(
    ("inbox", "folder", "expected"),
    [
        ("开平市/收件箱", "水口镇", "开平市/回执/水口镇"),
        ("收件箱", "", "回执"),
        ("", "水口镇", "回执/水口镇"),
    ],
)
def test_answers_lie_beside_the_inbox(inbox: str, folder: str, expected: str) -> None:
    assert answers_folder(Path("/share"), inbox, folder) == Path("/share") / expected


def test_what_is_incoming(share: Path, tmp_path: Path) -> None:
    inbox = "开平市/收件箱"
    wanted = [
        "水口镇/2026年3季度.xlsx",
        "水口镇/补报/二.XLS",
        "a.csv",
        "空.xlsx",
        "水口镇/已收/仍要收.xlsx",
        "说明.txt",
    ]
    for name in wanted:
        drop(share, f"{inbox}/{name}", b"" if name == "空.xlsx" else name.encode())
    for name in (
        "已收/水口镇/旧.xlsx", "~$2026年3季度.xlsx", ".~lock.a.csv#", "a.TMP", "b.crdownload", "c.part", "Thumbs.db", "desktop.INI",
        "d.baiduyun.downloading", ".DS_Store", ".隐藏/e.xlsx", "@eaDir/f.xlsx", "~$g.xlsx",
    ):  # fmt: skip
        drop(share, f"{inbox}/{name}", b"x")
    drop(share, "开平市/回执/水口镇/回执.xlsx", b"x")
    drop(share, "开平市/放错了.xlsx", b"x")
    outside = drop(tmp_path, "outside/secret.xlsx", b"x")
    (share / inbox / "link.xlsx").symlink_to(outside)
    (share / inbox / "linked").symlink_to(outside.parent)
    (share / inbox / "空镇").mkdir()
    os.mkfifo(share / inbox / "pipe.xlsx")

    found = incoming(share, 0, NOW)

    assert sorted(str(f.path.relative_to(share / inbox)) for f in found) == sorted(wanted)
    assert {f.path.name: (f.folder, f.size_bytes, f.modified_ns) for f in found}["二.XLS"] == (
        "水口镇/补报",
        len("水口镇/补报/二.XLS".encode()),
        OLD,
    )


def test_a_share_that_is_itself_the_inbox(tmp_path: Path) -> None:
    for name in ("水口镇/a.xlsx", "b.xlsx", "已收/c.xlsx", "回执/d.xlsx"):
        drop(tmp_path, name, b"x")
    assert [str(f.path.relative_to(tmp_path)) for f in incoming(tmp_path, 0, NOW)] == ["b.xlsx", "水口镇/a.xlsx"]


def test_a_file_still_being_written_is_left_alone(share: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    growing = drop(share, "开平市/收件箱/growing.xlsx", b"1", int(NOW.timestamp() * 1e9))
    drop(share, "开平市/收件箱/fresh.xlsx", b"1", int(NOW.timestamp() * 1e9))
    drop(share, "开平市/收件箱/old.xlsx", b"1")
    slept: list[float] = []

    def sleep(seconds: float) -> None:
        slept.append(seconds)
        growing.write_bytes(b"12")

    monkeypatch.setattr(archive_module.time, "sleep", sleep)
    assert [f.path.name for f in incoming(share, 2, NOW + timedelta(seconds=1))] == ["fresh.xlsx", "old.xlsx"]
    assert slept == [2]


def test_an_old_folder_is_not_waited_for(share: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    drop(share, "开平市/收件箱/old.xlsx", b"1")
    monkeypatch.setattr(archive_module.time, "sleep", lambda _: pytest.fail("slept"))
    assert [f.path.name for f in incoming(share, 2, NOW)] == ["old.xlsx"]


# --------------------------------------------------------------------------------------- receive and settle


def test_receive_and_settle(share: Path, kept: Archive) -> None:
    drop(share, "开平市/收件箱/水口镇/季报.XLSX", b"v1")
    sha256 = "3bfc269594ef649228e9a74bab00f042efc91d5acc6fbee31a382e80d42388fe"

    receipts = collect(kept, share)

    assert receipts == [
        Receipt(
            submission_id=1,
            journal_seq=1,
            sha256=sha256,
            archive_name=f"3b/{sha256}.xlsx",
            county_code=COUNTY,
            county_name="开平市",
            folder="水口镇",
            file_name="季报.XLSX",
            path="开平市/收件箱/水口镇/季报.XLSX",
            inbox="开平市/收件箱",
            size_bytes=2,
            modified_ns=OLD,
            received_at=NOW,
            share=str(share),
        )
    ]
    assert files(share) == {"开平市/收件箱/已收/水口镇/季报.XLSX": b"v1"}
    assert originals(kept) == {f"3b/{sha256}.xlsx": b"v1"}
    assert kept.unsettled() == {}
    assert [(e["event"], e["seq"]) for e in kept.journal.read()] == [("received", 1), ("settled", 2)]
    assert Receipt.from_entry(next(kept.journal.read())) == receipts[0]
    assert collect(kept, share) == []


def test_v1_v2_v1_of_one_name_and_time_are_three_receipts(share: Path, kept: Archive) -> None:
    received = []
    for content in (b"v1", b"v2", b"v1"):
        drop(share, "开平市/收件箱/水口镇/a.xlsx", content)
        received += collect(kept, share)
    assert [r.submission_id for r in received] == [1, 2, 3]
    assert len({r.sha256 for r in received}) == 2
    assert files(share) == {
        "开平市/收件箱/已收/水口镇/a.xlsx": b"v1",
        "开平市/收件箱/已收/水口镇/a(20261008-090000 第2号).xlsx": b"v2",
        "开平市/收件箱/已收/水口镇/a(20261008-090000 第3号).xlsx": b"v1",
    }


def test_the_same_bytes_under_two_names_are_two_receipts(share: Path, kept: Archive) -> None:
    drop(share, "开平市/收件箱/水口镇/a.xlsx", b"same")
    drop(share, "开平市/收件箱/水口镇/b.xlsx", b"same")
    assert [(r.submission_id, r.file_name) for r in collect(kept, share)] == [(1, "a.xlsx"), (2, "b.xlsx")]
    assert len(originals(kept)) == 1


@pytest.mark.parametrize(
    ("name", "suffix"),
    [
        ("a.XLSX", ".xlsx"),
        ("a", ""),
        ("a.表格", ""),
        ("a.xlsx ", ""),
        ("a.tar.gz", ".gz"),
        ("a.\uff38\uff2c\uff33\uff38", ".xlsx"),
        ("a.b c", ""),
    ],
)
def test_names_in_the_archive(share: Path, kept: Archive, name: str, suffix: str) -> None:
    drop(share, f"开平市/收件箱/{name}", b"1")
    (receipt,) = collect(kept, share)
    assert receipt.archive_name == f"{receipt.sha256[:2]}/{receipt.sha256}{suffix}"
    assert receipt.file_name == name


def test_a_file_name_that_is_no_text(share: Path, kept: Archive) -> None:
    name = os.fsdecode("季报.xls".encode("gb18030"))
    drop(share, f"开平市/收件箱/{name}", b"1")
    (receipt,) = collect(kept, share)
    assert receipt.file_name == name
    assert kept.journal.verify() is None
    assert Receipt.from_entry(next(kept.journal.read())) == receipt
    assert (share / "开平市/收件箱/已收" / name).read_bytes() == b"1"


def test_a_file_that_changes_while_it_is_read_is_not_received_yet(
    share: Path, kept: Archive, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = drop(share, "开平市/收件箱/a.xlsx", b"v1")
    (file,) = incoming(share, 0, NOW)
    drop(share, "开平市/收件箱/a.xlsx", b"v2", OLD + 1)
    assert kept.receive(file, COUNTY, NOW) is None
    path.write_bytes(b"longer")
    assert kept.receive(file, COUNTY, NOW) is None
    path.unlink()
    assert kept.receive(file, COUNTY, NOW) is None
    path.symlink_to(kept.root / "receive.lock")
    assert kept.receive(file, COUNTY, NOW) is None
    assert list(kept.journal.read()) == []


def test_a_share_that_may_only_be_read_is_received_once(
    share: Path, kept: Archive, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise OSError(errno.EROFS, "Read-only file system")

    monkeypatch.setattr(archive_module, "rename_new", refuse)
    drop(share, "开平市/收件箱/a.xlsx", b"v1")
    first, again = collect(kept, share), collect(Archive(kept.root), share)
    assert [r.submission_id for r in (*first, *again)] == [1, 1]
    drop(share, "开平市/收件箱/a.xlsx", b"v2")  # same size and time, as rsync may leave it
    assert [r.submission_id for r in collect(kept, share)] == [2]
    drop(share, "开平市/收件箱/a.xlsx", b"v1")
    assert [r.submission_id for r in collect(kept, share)] == [3]
    assert [e["event"] for e in kept.journal.read()] == ["received", "received", "received"]


def test_another_file_in_its_place_is_not_moved_away(share: Path, kept: Archive) -> None:
    drop(share, "开平市/收件箱/a.xlsx", b"v1")
    (file,) = incoming(share, 0, NOW)
    receipt = kept.receive(file, COUNTY, NOW)
    assert receipt
    drop(share, "开平市/收件箱/a.xlsx", b"v2")  # size and time deceive: only the bytes tell
    assert kept.settle(receipt, share, NOW) is None
    assert files(share) == {"开平市/收件箱/a.xlsx": b"v2"}
    assert [r.submission_id for r in collect(kept, share)] == [2]
    assert files(share) == {"开平市/收件箱/已收/a.xlsx": b"v2"}


def test_an_original_its_sender_took_away_is_settled(share: Path, kept: Archive) -> None:
    path = drop(share, "开平市/收件箱/a.xlsx", b"v1")
    (file,) = incoming(share, 0, NOW)
    assert kept.receive(file, COUNTY, NOW)
    path.unlink()
    assert collect(kept, share) == []
    drop(share, "开平市/收件箱/a.xlsx", b"v1")
    assert [r.submission_id for r in collect(kept, share)] == [2]


@pytest.mark.parametrize("failure", [errno.EXDEV, errno.EINVAL], ids=["across mounts", "no renameat2"])
def test_moving_where_plain_renames_do_not_work(
    share: Path, kept: Archive, monkeypatch: pytest.MonkeyPatch, failure: int
) -> None:
    class Libc:
        @staticmethod
        def renameat2(*arguments: object) -> int:
            in_received = "已收".encode() in bytes(arguments[1])  # type: ignore[arg-type]
            archive_module.ctypes.set_errno(errno.EINVAL if in_received else failure)
            return -1

    monkeypatch.setattr(archive_module, "_libc", Libc)
    for content in (b"v1", b"v2", b"v1"):
        drop(share, "开平市/收件箱/水口镇/a.xlsx", content)
        collect(kept, share)
    assert sorted(files(share).values()) == ([b"v1", b"v2"] if failure == errno.EXDEV else [b"v1", b"v1", b"v2"])
    assert sorted(files(share))[0].startswith("开平市/收件箱/已收/")
    assert [e["event"] for e in kept.journal.read()] == ["received", "settled"] * 3


def test_a_full_disk_is_said_in_one_sentence(share: Path, kept: Archive, monkeypatch: pytest.MonkeyPatch) -> None:
    drop(share, "开平市/收件箱/a.xlsx", b"v1")
    (file,) = incoming(share, 0, NOW)

    def full(_: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(archive_module.os, "fsync", full)
    with pytest.raises(EnvironmentProblem, match=r"Cannot write to the archive .*: No space left on device"):
        kept.receive(file, COUNTY, NOW)
    monkeypatch.undo()
    assert [r.submission_id for r in collect(kept, share)] == [1]


# ------------------------------------------------------------------- what is written to after it was received


def test_a_writer_that_pauses_does_not_lose_its_file(share: Path, kept: Archive) -> None:
    path = drop(share, "开平市/收件箱/水口镇/a.xlsx", b"half")
    with open(path, "ab") as writer:
        assert [r.submission_id for r in collect(kept, share)] == [1]
        writer.write(b" and the rest")
    received = collect(Archive(kept.root), share)
    assert [(r.submission_id, r.path, kept.original(r.archive_name).read_bytes()) for r in received] == [
        (2, "开平市/收件箱/水口镇/a.xlsx", b"half and the rest")
    ]
    assert files(share) == {"开平市/收件箱/已收/水口镇/a.xlsx": b"half and the rest"}
    assert sorted(originals(kept).values()) == [b"half", b"half and the rest"]
    assert collect(kept, share) == collect(Archive(kept.root), share) == []


def test_what_is_put_over_a_received_file_is_received_beside_its_successor(share: Path, kept: Archive) -> None:
    drop(share, "开平市/收件箱/a.xlsx", b"v1")
    collect(kept, share)
    drop(share, "开平市/收件箱/已收/a.xlsx", b"v2, saved where it lay", OLD + 1)
    drop(share, "开平市/收件箱/a.xlsx", b"v3")
    assert sorted(r.file_name for r in collect(kept, share)) == ["a(20261008-090000 第1号).xlsx", "a.xlsx"]
    assert sorted(originals(kept).values()) == [b"v1", b"v2, saved where it lay", b"v3"]
    assert collect(kept, share) == []


def test_a_received_file_that_was_only_touched_stays(share: Path, kept: Archive) -> None:
    drop(share, "开平市/收件箱/a.xlsx", b"v1")
    collect(kept, share)
    drop(share, "开平市/收件箱/已收/a.xlsx", b"v1", OLD + 1)
    assert collect(kept, share) == collect(Archive(kept.root), share) == []
    drop(share, "开平市/收件箱/已收/a.xlsx", b"v2", OLD + 2)
    assert [r.submission_id for r in collect(kept, share)] == [2]


def test_received_files_are_watched_for_two_days(share: Path, kept: Archive) -> None:
    drop(share, "开平市/收件箱/a.xlsx", b"v1")
    collect(kept, share)
    drop(share, "开平市/收件箱/已收/a.xlsx", b"v2", OLD + 1)
    assert collect(Archive(kept.root), share, NOW + timedelta(days=2)) == []
    assert len(collect(Archive(kept.root), share, NOW + timedelta(days=1, hours=23))) == 1


def test_a_place_in_received_that_is_used_again_is_the_later_file(share: Path, kept: Archive) -> None:
    drop(share, "开平市/收件箱/a.xlsx", b"v1")
    collect(kept, share)
    (share / "开平市/收件箱/已收/a.xlsx").unlink()
    other = Archive(kept.root)
    other.unsettled()
    drop(share, "开平市/收件箱/a.xlsx", b"second")
    (file,) = incoming(share, 0, NOW)
    receipt = kept.receive(file, COUNTY, NOW)
    assert receipt
    kept._move_to_received(receipt, share)  # and killed before noting it
    assert collect(other, share) == collect(Archive(kept.root), share) == []
    assert files(share) == {"开平市/收件箱/已收/a.xlsx": b"second"}


def test_a_file_of_the_last_minute_is_looked_at_twice(share: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    drop(share, "开平市/收件箱/a.xlsx", b"1", int((NOW - timedelta(seconds=50)).timestamp() * 1e9))
    slept: list[float] = []
    monkeypatch.setattr(archive_module.time, "sleep", slept.append)
    assert len(incoming(share, 3, NOW)) == 1
    assert slept == [3]


# ------------------------------------------------------------------------------------- shares, links, permissions


def test_receipts_of_one_share_are_left_alone_by_another(tmp_path: Path, kept: Archive) -> None:
    one, two = tmp_path / "one", tmp_path / "two"
    for share in (one, two):
        drop(share, "开平市/收件箱/a.xlsx", b"the same")
    (file,) = incoming(one, 0, NOW)
    first = kept.receive(file, COUNTY, NOW)  # not settled
    assert first
    assert [(r.submission_id, r.share) for r in collect(kept, two)] == [(2, str(two))]
    assert kept.settle(first, two, NOW) is None
    assert list(kept.unsettled().values()) == [first]
    drop(one, "开平市/收件箱/已收/a.xlsx", b"of share one", OLD + 1)
    (tmp_path / "link").symlink_to(one)
    assert collect(kept, tmp_path / "link") == [], "settled by now, and the same share by another path"
    assert kept.unsettled() == {}


def test_originals_never_leave_the_share_through_a_link(share: Path, kept: Archive, tmp_path: Path) -> None:
    (tmp_path / "outside").mkdir()
    (share / "开平市/收件箱/已收").mkdir()
    (share / "开平市/收件箱/已收/水口镇").symlink_to(tmp_path / "outside")
    drop(share, "开平市/收件箱/水口镇/a.xlsx", b"v1")
    drop(share, "开平市/收件箱/b.xlsx", b"v2")
    assert [r.file_name for r in collect(kept, share)] == ["b.xlsx", "a.xlsx"], "received all the same"
    assert [r.submission_id for r in collect(kept, share)] == [2], "and once: it stays where it is"
    assert [e["event"] for e in kept.journal.read()] == ["received", "settled", "received"]
    assert files(share) == {"开平市/收件箱/水口镇/a.xlsx": b"v1", "开平市/收件箱/已收/b.xlsx": b"v2"}
    assert files(tmp_path / "outside") == {}


def test_folders_are_not_made_through_a_link(share: Path, tmp_path: Path) -> None:
    (tmp_path / "outside").mkdir()
    (share / "开平市/回执").symlink_to(tmp_path / "outside" / "made")
    archive_module.make_folders(share / "开平市", ["水口镇"])
    assert list((tmp_path / "outside").iterdir()) == []
    with pytest.raises(PermissionError, match="a link leads out of the shared folder"):
        archive_module.folder_to_write(share, share / "开平市/回执/水口镇")


def test_write_new_never_overwrites_and_leaves_nothing_half(tmp_path: Path) -> None:
    target = tmp_path / "a.txt"
    archive_module.write_new(target, b"1")
    with pytest.raises(FileExistsError):
        archive_module.write_new(target, b"2")
    (tmp_path / "link").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(FileExistsError):
        archive_module.write_new(tmp_path / "link", b"3")
    assert {path.name for path in tmp_path.iterdir()} == {"a.txt", "link"}
    os.mkfifo(tmp_path / "pipe")
    held = [archive_module.holds(tmp_path / name, b"1") for name in ("a.txt", "link", "pipe", "none")]
    assert held == [True, False, False, False]


def test_what_changed_since_it_was_looked_at_is_neither_copied_nor_put_aside(share: Path, tmp_path: Path) -> None:
    for name in ("changed", "gone", "link", "same"):
        drop(share, f"开平市/预审/{name}.xlsx", b"v1")
    found = {file.path.stem: file for file in incoming(share, 0, NOW, archive_module.PRECHECK)}
    drop(share, "开平市/预审/changed.xlsx", b"v2", OLD + 1)
    found["gone"].path.unlink()
    found["link"].path.unlink()
    found["link"].path.symlink_to(drop(tmp_path, "secret.xlsx", b"v1"))
    copied = {name: archive_module.copy_safely(file, tmp_path / name) for name, file in found.items()}
    assert copied == {"changed": False, "gone": False, "link": False, "same": True}
    assert (tmp_path / "same").read_bytes() == b"v1"
    assert not (tmp_path / "link").exists() or (tmp_path / "link").read_bytes() == b""
    for file in found.values():
        archive_module.put_aside(file, archive_module.CHECKED, NOW)
    assert [path.name for path in (share / "开平市/预审/已审").iterdir()] == ["same.xlsx"]


def test_only_its_owner_reads_the_archive(share: Path, kept: Archive) -> None:
    drop(share, "开平市/收件箱/a.xlsx", b"v1")
    (receipt,) = collect(kept, share)
    write_bronze(kept.root, 1, Judgement("a.xlsx", receipt.sha256, "ignore"))
    assert kept.root.stat().st_mode & 0o777 == 0o700
    open_to_others = [p for p in kept.root.rglob("*") if p.name != "receive.lock" and p.stat().st_mode & 0o077]
    assert open_to_others == []


def test_keep_any_input(tmp_path: Path, kept: Archive) -> None:
    drop(tmp_path, "units.csv", b"list")
    sha256, name = kept.keep(tmp_path / "units.csv")
    assert (name, kept.original(name).read_bytes()) == (f"{sha256[:2]}/{sha256}.csv", b"list")
    with pytest.raises(WentongError, match="No such file"):
        kept.keep(tmp_path / "none.csv")


def test_killed_anywhere_nothing_is_lost_and_nothing_doubled(tmp_path: Path) -> None:
    """Kill a collection at each of its lines; the next collection must end where an undisturbed one ends."""
    contents = {"水口镇/a.xlsx": b"v1", "水口镇/b.xlsx": b"v1", "c.xlsx": b"v3"}
    finished, line = False, 0
    while not finished:
        line += 9
        folder = tmp_path / str(line)
        share, kept = folder / "share", Archive(folder / "archive")
        drop(share, "开平市/收件箱/已收/c.xlsx", b"earlier")
        for name, content in contents.items():
            drop(share, f"开平市/收件箱/{name}", content)

        def interrupted(share: Path = share, kept: Archive = kept, line: int = line) -> None:
            _kill_at(line)
            collect(kept, share)

        _, status = os.waitpid(_child(interrupted), 0)
        finished = not os.WIFSIGNALED(status)
        collect(Archive(kept.root), share)

        received = [Receipt.from_entry(e) for e in kept.journal.read() if e["event"] == "received"]
        settled = [e["submission_id"] for e in kept.journal.read() if e["event"] == "settled"]
        where = f"killed at line event {line}"
        assert sorted(r.path for r in received) == sorted(f"开平市/收件箱/{name}" for name in contents), where
        assert sorted(settled) == sorted(r.submission_id for r in received), where
        assert {r.path: kept.original(r.archive_name).read_bytes() for r in received} == {
            f"开平市/收件箱/{name}": content for name, content in contents.items()
        }, where
        assert len(originals(kept)) == 2, where
        assert sorted(files(share).values()) == [b"earlier", b"v1", b"v1", b"v3"], where
        assert all("已收" in name for name in files(share)), where
        assert kept.journal.verify() is None, where
    assert line > 300


def test_two_collections_at_once_receive_each_file_once(tmp_path: Path) -> None:
    share, kept = tmp_path / "share", Archive(tmp_path / "archive")
    for number in range(30):
        drop(share, f"开平市/收件箱/{number}.xlsx", b"%d" % (number % 7))
    for child in [_child(lambda: collect(Archive(kept.root), share)) for _ in range(4)]:
        assert os.waitpid(child, 0)[1] == 0
    events = list(kept.journal.read())
    assert sorted(e["file_name"] for e in events if e["event"] == "received") == sorted(f"{n}.xlsx" for n in range(30))
    assert len([e for e in events if e["event"] == "settled"]) == 30
    assert len(files(share)) == 30


def _child(work: Callable[[], object]) -> int:
    """Run in a forked process; 0 is success."""
    child = os.fork()
    if not child:
        try:
            work()
            os._exit(0)
        except BaseException:
            sys.excepthook(*sys.exc_info())
            os._exit(1)
    return child


def _kill_at(line: int) -> None:
    """SIGKILL this process when it has come so many lines through the archive's code."""
    left = line

    def trace(frame: FrameType, event: str, _: object) -> object:
        nonlocal left
        if not frame.f_code.co_filename.endswith(("archive.py", "journal.py")) or "tests" in frame.f_code.co_filename:
            return None
        left -= 1
        if left <= 0:
            os.kill(os.getpid(), signal.SIGKILL)
        return trace

    sys.settrace(trace)  # type: ignore[arg-type]


# --------------------------------------------------------------------------------------------------- bronze


def test_bronze_reads_back_what_was_written(tmp_path: Path) -> None:
    judgement = Judgement(
        "季报\udcb4.xlsx", "ab" * 32, "load", "基文01", ("village_center",), "2026Q3", "440783117000", "xlsx",
        rows=[
            Row("基文01 ", 7, "accept", "440783117200", "440783117000",
                {"floor_area_m2": Decimal("2000.50"), "books_total": 1200, "built_on": "2018-03", "remark": None},
                {"built_on": "partial_date", "remark": "blank"},
                {"floor_area_m2": (7, 5, "3亩"), "remark": (7, 16, "\0\ud800")}),
            Row("基文01 ", 8, "quarantine"),
        ],
        findings=[Finding("partial_date", "基文01 ", 7, 15, "built_on", "2018年3月", {"precision": "月"})],
        signatures={"preparer": "张三"},
        answers_submission=4,
    )  # fmt: skip
    digest = write_bronze(tmp_path, 9, judgement)
    path = bronze_path(tmp_path, "ab" * 32, 9)
    assert path == tmp_path / "ab" / f"{'ab' * 32}.9.parquet"
    assert digest == hashlib.sha256(path.read_bytes()).hexdigest()
    assert read_bronze(tmp_path, "ab" * 32, 9) == judgement
    write_bronze(tmp_path, 9, replace(judgement, outcome="reject", rows=[]))
    assert read_bronze(tmp_path, "ab" * 32, 9) == replace(judgement, outcome="reject", rows=[])
    assert [p.name for p in path.parent.iterdir()] == [path.name]


def test_two_processes_write_the_bronze_of_one_submission(tmp_path: Path) -> None:
    judgements = [Judgement(f"{n}.xlsx", "ab" * 32, "ignore", rows=[Row("表", n, "accept")] * 500) for n in range(4)]

    def write(judgement: Judgement) -> None:
        for _ in range(20):
            write_bronze(tmp_path, 1, judgement)

    for child in [_child(lambda one=one: write(one)) for one in judgements]:  # type: ignore[misc]
        assert os.waitpid(child, 0)[1] == 0
    assert len(list((tmp_path / "ab").iterdir())) == 1
    assert read_bronze(tmp_path, "ab" * 32, 1) in judgements
