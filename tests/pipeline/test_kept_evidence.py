"""Evidence in 佐证: kept by its hash, left where it lies, never read, matched by its number."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from wentong import pipeline, rebuilding, warehouse
from wentong.archive import Archive
from wentong.periods import CHINA
from wentong.settings import Settings

NOW = datetime(2027, 2, 3, 9, tzinfo=CHINA)
PHOTO = b"\xff\xd8\xff\xe0 not read by anybody"


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Settings]:
    home = tmp_path_factory.mktemp("evidence")
    for parent in (home, home.parent):
        parent.chmod(0o755)  # as root the server may run as nobody, who must get there
    own = {"home": home, "share": home / "share", "archive": home / "archive"}
    made = replace(Settings.from_environment(), **own, database_url=None)
    with pipeline.ready(made, NOW):
        pipeline.open_share(made)
        yield made


def rows(settings: Settings, sql: str) -> list[tuple[Any, ...]]:
    with warehouse.engine(settings) as engine, engine.connect() as connection:
        return [tuple(row) for row in connection.execute(sa.text(sql))]


def put(settings: Settings, name: str, content: bytes) -> Path:
    path = settings.share / "开平市" / "佐证" / "水口镇" / name
    path.write_bytes(content)
    return path


def test_it_is_kept_where_it_lies_and_never_received(settings: Settings) -> None:
    files = [
        put(settings, name, PHOTO + name.encode()) for name in ("ZP-001.jpg", "ZP-002 元宵灯谜会(2).PDF", "照片.png")
    ]
    put(settings, "~$lock.docx", b"")
    assert pipeline.receive(settings, NOW) == []
    assert all(file.exists() for file in files)
    kept = Archive(settings.archive)
    found = rows(
        settings, "select evidence_number, file_name, folder, archive_name from ops.evidence order by evidence_id"
    )
    assert [row[:3] for row in found] == [
        ("ZP-001", "ZP-001.jpg", "水口镇"),
        ("ZP-002", "ZP-002 元宵灯谜会(2).PDF", "水口镇"),
        ("照片", "照片.png", "水口镇"),
    ]
    assert [kept.original(row[3]).read_bytes() for row in found] == [file.read_bytes() for file in files]
    assert list(rebuilding.damages_of_archive(kept)) == []


def test_nothing_is_kept_twice_and_a_new_content_is_kept_too(settings: Settings) -> None:
    before = rows(settings, "select count(*) from ops.evidence")
    pipeline.receive(settings, NOW)
    assert rows(settings, "select count(*) from ops.evidence") == before
    put(settings, "ZP-001.jpg", PHOTO + b"taken again")
    pipeline.receive(settings, NOW)
    assert rows(
        settings, "select count(*), count(distinct sha256) from ops.evidence where evidence_number = 'ZP-001'"
    ) == [(2, 2)]
    assert rows(settings, "select count(*) from ops.submissions") == [(0,)]


def test_claims_are_matched_with_files_by_their_numbers(settings: Settings) -> None:
    load = "insert into ops.loads (load_id, kind, journal_seq, loaded_at) select max(load_id) + 1, 'decision', 999, :at from ops.loads"
    fact = (
        "insert into core.fct_activity (org_id, division_code, town_code, county_code, period, row_key, title, evidence_ids, "
        "submission_id, sheet, row_number, confirmed_by, from_load) select org_id, place_code, place_code, '440783000000', "
        "'2027-01', '灯谜会', '灯谜会', 'ZP-001、zp-999;ZP-002', :n, '基文03', 8, :n, :load from core.dim_org "
        "where place_code = '440783117000'"
    )
    inbox = settings.share / "开平市" / "收件箱" / "水口镇"
    inbox.mkdir(parents=True, exist_ok=True)
    (inbox / "坏的.xlsx").write_bytes(b"nothing")
    number = pipeline.receive(settings, NOW)[0][0]
    with warehouse.engine(settings, "wentong_owner") as engine, engine.begin() as connection:
        connection.execute(sa.text(load), {"at": NOW})
        last = connection.scalar(sa.text("select max(load_id) from ops.loads"))
        load = "insert into ops.loads (load_id, kind, submission_id, journal_seq, loaded_at) "
        returned = load + "values (:load, 'return', :n, 990 + :n, :at)"
        connection.execute(sa.text(returned), {"load": last + 1, "n": number, "at": NOW})
        connection.execute(sa.text(fact), {"n": number, "load": last + 1})
    claims = (
        'select evidence_number, files, latest_file from marts.evidence_claims order by evidence_number collate "C"'
    )
    assert rows(settings, claims) == [
        ("ZP-001", 2, "开平市/佐证/水口镇/ZP-001.jpg"),
        ("ZP-002", 1, "开平市/佐证/水口镇/ZP-002 元宵灯谜会(2).PDF"),
        ("zp-999", 0, None),
    ]
