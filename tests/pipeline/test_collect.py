"""The verbs one after the other on a real warehouse: what stewards drop, what they get back, what the tables say."""

import json
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import openpyxl
import pytest
import sqlalchemy as sa

from wentong import archive, pipeline, rebuilding, warehouse
from wentong.archive import Archive
from wentong.errors import Unfinished
from wentong.periods import CHINA
from wentong.samples import Sample, samples
from wentong.settings import Settings

NOW = datetime(2026, 10, 12, 9, tzinfo=CHINA)


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("collect")
    for parent in (folder, folder.parent):
        parent.chmod(0o755)  # as root the server may run as nobody, who must get there
    return folder


@pytest.fixture(scope="module")
def settings(home: Path) -> Iterator[Settings]:
    """A site without Airflow, with the sample county."""
    own = {"home": home, "share": home / "share", "archive": home / "archive"}
    made = replace(Settings.from_environment(), **own, database_url=None)
    with pipeline.ready(made, NOW):
        yield made


@pytest.fixture(scope="module")
def clean() -> dict[str, Sample]:
    """Town -> its clean first-quarter return."""
    return {s.town: s for s in samples(("2026Q1",)) if s.outcome == "load" and not s.findings}


def drop(settings: Settings, sample: Sample, content: bytes, name: str | None = None, box: str = "收件箱") -> Path:
    path = settings.share / Path(str(sample.path).replace("收件箱", box))
    path = path.with_name(name or path.name)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return path


def with_cell(content: bytes, folder: Path, cell: str, value: object) -> bytes:
    file = folder / "edited.xlsx"
    file.write_bytes(content)
    workbook = openpyxl.load_workbook(file)
    workbook.worksheets[0][cell] = value
    workbook.save(file)
    return file.read_bytes()


def rows(settings: Settings, sql: str, **binds: object) -> list[tuple[object, ...]]:
    with warehouse.engine(settings) as engine, engine.connect() as connection:
        return [tuple(row) for row in connection.execute(sa.text(sql), binds)]


def heading(sample: Sample, tmp_path: Path, title: str) -> str:
    file = tmp_path / "headings.xlsx"
    file.write_bytes(sample.content)
    sheet = openpyxl.load_workbook(file).worksheets[0]
    return next(
        c.column_letter for row in sheet.iter_rows(max_row=10) for c in row if str(c.value or "").startswith(title)
    )


def test_v1_v2_v1_makes_v1_current_again(settings: Settings, clean: dict[str, Sample], tmp_path: Path) -> None:
    sample = clean["水口镇"]
    books = heading(sample, tmp_path, "图书藏量")
    v1 = with_cell(sample.content, tmp_path, f"{books}8", 1111)
    v2 = with_cell(sample.content, tmp_path, f"{books}8", 2222)
    for content in (v1, v1, v2, v1):
        drop(settings, sample, content)
        (received,) = pipeline.collect(settings, NOW)
        assert received.outcome == "load"
    history = rows(
        settings,
        "select books_total, to_load is null from core.fct_village_center"
        " where town_code = '440783117000' and row_number = 8 order by from_load",
    )
    assert history == [(1111, False), (2222, False), (1111, True)]
    others = rows(
        settings,
        "select count(*), count(to_load) from core.fct_village_center where town_code = '440783117000' and row_number <> 8",
    )
    assert others == [(29, 0)], "rows that did not change have one version"


def test_a_precheck_is_answered_and_counts_for_nothing(
    settings: Settings, clean: dict[str, Sample], tmp_path: Path
) -> None:
    sample = clean["塘口镇"]
    faulty = with_cell(sample.content, tmp_path, f"{heading(sample, tmp_path, '图书藏量')}8", "很多")
    before = rows(settings, "select count(*) from ops.submissions")
    dropped = [
        drop(settings, sample, faulty, "有错.xlsx", "预审"),
        drop(settings, sample, sample.content, box="预审"),
        drop(settings, sample, b"%PDF-1.4", "扫描件.xlsx", "预审"),
    ]
    assert pipeline.precheck(settings, NOW) == 3
    folder = settings.share / "开平市" / "预审"
    answers = {path.name for path in (folder / "回执" / "塘口镇").iterdir()}
    assert answers == {"需修改1处_有错_预审.xlsx", f"{sample.path.stem}_预审通过.txt", "需重新报送_扫描件_预审.txt"}
    assert {path.name for path in (folder / "已审" / "塘口镇").iterdir()} == {path.name for path in dropped}
    assert not any(path.exists() for path in dropped)
    assert pipeline.precheck(settings, NOW) == 0
    assert rows(settings, "select count(*) from ops.submissions") == before


def test_check_goes_on_after_what_is_no_file(settings: Settings, clean: dict[str, Sample], tmp_path: Path) -> None:
    good = tmp_path / "马冈镇2026年1季度.xlsx"
    good.write_bytes(clean["马冈镇"].content)
    found = list(pipeline.check(settings, NOW, [tmp_path / "missing.xlsx", tmp_path, good], None, None, None))
    assert [isinstance(verdict, str) for _, verdict in found] == [True, True, False]


def test_a_held_file_is_loaded_when_released(settings: Settings, clean: dict[str, Sample]) -> None:
    sample = clean["赤坎镇"]
    drop(settings, sample, sample.content, "赤坎镇2026年第二季度.xlsx")
    (held,) = pipeline.collect(settings, NOW)
    assert (held.outcome, held.period, held.load_id) == ("quarantine_file", "2026Q1", None)
    with warehouse.engine(settings) as engine:
        assert [row["submission_id"] for row in warehouse.held(engine)] == [held.submission_id]
        journal = Archive(settings.archive).journal
        warehouse.decide(engine, journal, held.submission_id, "release", "已电话核对,是一季度", "县局", NOW)
    assert pipeline.load(settings, NOW) == ["2026Q1"]
    with warehouse.engine(settings) as engine:
        assert warehouse.held(engine) == []
    assert rows(settings, "select count(*) > 0 from core.fct_village_center where town_code = '440783109000'") == [
        (True,)
    ]


def test_the_sender_hears_of_a_decision(settings: Settings, clean: dict[str, Sample]) -> None:
    sample = clean["大沙镇"]
    drop(settings, sample, sample.content, "大沙镇2026年第三季度.xlsx")
    (held,) = pipeline.collect(settings, NOW)
    said = pipeline.tell_decision(settings, NOW, held.submission_id, "return", "请把文件名改成第一季度")
    assert said.parent == settings.share / "开平市" / "回执" / "大沙镇"
    assert "请把文件名改成第一季度" in said.read_text(encoding="utf-8-sig")


def test_one_file_we_fail_on_does_not_stop_the_others(settings: Settings, clean: dict[str, Sample]) -> None:
    """The answer of one town cannot be delivered: the other town's return is answered and loaded all the same."""
    blocked, fine = clean["龙胜镇"], clean["金鸡镇"]
    obstacle = settings.share / "开平市" / "回执" / "龙胜镇"
    obstacle.parent.mkdir(parents=True, exist_ok=True)
    obstacle.write_text("a file where the folder should be")
    drop(settings, blocked, blocked.content)
    drop(settings, fine, fine.content)
    with pytest.raises(Unfinished, match="龙胜镇"):
        pipeline.collect(settings, NOW)
    loaded = "select count(*) > 0 from core.fct_village_center where town_code = :town"
    assert rows(settings, loaded, town="440783112000") == [(True,)]
    assert list((settings.share / "开平市" / "回执" / "金鸡镇").iterdir())
    obstacle.unlink()
    pipeline.collect(settings, NOW)
    assert list(obstacle.iterdir())


def test_nothing_in_the_share_stops_the_others(settings: Settings, clean: dict[str, Sample]) -> None:
    good = clean["苍城镇"]
    drop(settings, good, good.content)
    for name, content in {
        "空.xlsx": b"",
        "截断.xlsx": good.content[:3000],
        "压缩包.zip": b"PK\x03\x04rubbish",
        "~$锁.xlsx": b"lock",
        "名字\n换行.xlsx": b"\x00\x01\x02",
        "x" * 200 + ".csv": "村名,是否建成\n".encode("gb18030"),
    }.items():
        drop(settings, good, content, name)
    received = pipeline.collect(settings, NOW)
    assert sorted(one.outcome or "" for one in received) == ["load", *["reject"] * 5]
    assert all(one.answer_path for one in received)
    kept = settings.archive
    assert all((kept / one.archive_name).exists() for one in received)


def test_a_changed_original_is_named(settings: Settings) -> None:
    kept = Archive(settings.archive)
    assert list(rebuilding.damages_of_archive(kept)) == []
    original = next(path for path in sorted(settings.archive.glob("??/*.xlsx")))
    content = original.read_bytes()
    original.chmod(0o600)
    original.write_bytes(content[:-1] + bytes([content[-1] ^ 1]))
    assert list(rebuilding.damages_of_archive(kept)) == [
        f"{original.relative_to(settings.archive)}: not the bytes that were received"
    ]
    original.write_bytes(content)


def test_check_prints_one_line_a_file(settings: Settings, clean: dict[str, Sample], tmp_path: Path) -> None:
    """The contract of `wentong check --json`: one object a line, in order, each file judged alone, nothing loaded."""
    sample = clean["马冈镇"]
    names = ["马冈镇2026年1季度.xlsx", "马冈镇2026年1季度(副本).xlsx", "~$马冈镇.xlsx", "坏的.xlsx"]
    for name, content in zip(names, (sample.content, sample.content, b"lock", b"MZ"), strict=True):
        (tmp_path / name).write_bytes(content)
    before = rows(settings, "select count(*) from ops.submissions")
    done = subprocess.run(
        [sys.executable, "-m", "wentong.cli", "check", "--json", *names],
        cwd=tmp_path,
        env={"WENTONG_HOME": str(settings.home), "PATH": ""},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 1, done.stderr
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    assert [(line["file"], line["outcome"]) for line in lines] == list(
        zip(names, ["load", "load", "ignore", "reject"], strict=True)
    )
    first = lines[0]
    assert set(first) == {"file", "sha256", "outcome", "form", "period", "unit", "rows", "findings"}
    assert (first["form"], first["period"], first["unit"]) == ("基文01", "2026Q1", "440783107000")
    assert first["rows"] == lines[1]["rows"]
    assert {row["status"] for row in first["rows"]} == {"accept"}
    assert set(lines[3]["findings"][0]) == {
        "sheet",
        "row",
        "col",
        "cell",
        "code",
        "severity",
        "field",
        "raw",
        "message",
        "explanation",
        "waiver",
    }
    assert rows(settings, "select count(*) from ops.submissions") == before


def test_answers_go_to_the_share_a_file_came_from(settings: Settings, clean: dict[str, Sample], tmp_path: Path) -> None:
    other = replace(settings, share=tmp_path / "other share")
    one, two = clean["赤水镇"], clean["蚬冈镇"]
    drop(settings, one, one.content)
    pipeline.receive(settings, NOW)  # and killed
    drop(other, two, two.content)
    assert [s.folder for s in pipeline.collect(other, NOW)] == ["赤水镇", "蚬冈镇"], "judged and loaded, both"
    assert [path.name for path in (other.share / "开平市" / "回执").iterdir()] == ["蚬冈镇"]
    assert [s.folder for s in pipeline.collect(settings, NOW)] == ["赤水镇"]
    assert len(list((settings.share / "开平市" / "回执" / "赤水镇").iterdir())) == 1


def test_what_is_written_after_it_was_received_is_received(settings: Settings, clean: dict[str, Sample]) -> None:
    sample = clean["塘口镇"]
    path = drop(settings, sample, sample.content[:3000], "慢慢写.xlsx")
    with open(path, "ab") as writer:
        (half,) = pipeline.collect(settings, NOW)
        writer.write(sample.content[3000:])
    (whole,) = pipeline.collect(settings, NOW)
    assert (half.outcome, whole.outcome) == ("reject", "load")
    assert pipeline.collect(settings, NOW) == []


def test_a_precheck_goes_on_when_a_file_is_taken_away(
    settings: Settings, clean: dict[str, Sample], monkeypatch: pytest.MonkeyPatch
) -> None:
    sample = clean["塘口镇"]
    gone, stays = (drop(settings, sample, sample.content, f"{n}.xlsx", "预审") for n in ("拿走", "留下"))
    found = archive.incoming(settings.share, 0, NOW, archive.PRECHECK)
    gone.unlink()
    monkeypatch.setattr(archive, "incoming", lambda *_: found)
    assert pipeline.precheck(settings, NOW) == 1
    assert not stays.exists()


def test_no_answer_leaves_the_share_through_a_link(
    settings: Settings, clean: dict[str, Sample], tmp_path: Path
) -> None:
    sample = clean["月山镇"]
    link = settings.share / "开平市" / "回执" / sample.town
    link.parent.mkdir(parents=True, exist_ok=True)
    link.symlink_to(tmp_path)
    drop(settings, sample, sample.content)
    with pytest.raises(Unfinished):
        pipeline.collect(settings, NOW)
    assert list(tmp_path.iterdir()) == []
    link.unlink()
    pipeline.collect(settings, NOW)
    assert len(list(link.iterdir())) == 1
