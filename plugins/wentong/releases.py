"""Releases (发布): packages of figures under a name, pinned to a load, that must come out the same ever after.

A release is an entry of the journal, a row of ops.releases and a folder; the entry has the digest of the descriptor, the
descriptor that of every file and of the figures in it, however they are stored.
"""

import json
import os
import re
import shutil
from collections.abc import Iterable, Iterator
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from wentong import audits, packages
from wentong.errors import EnvironmentProblem, WentongError
from wentong.journal import Journal, flush_folder
from wentong.periods import Period
from wentong.warehouse.connections import storable
from wentong.warehouse.published import EVENT, read_releases, record
from wentong.warehouse.schema import loads

PUBLISHING = 0x77656E03
"""Advisory lock under which releases are made, one at a time."""
LATEST = "latest"


def publish(
    engine: sa.Engine,
    journal: Journal,
    folder: Path,
    period: Period,
    name: str | None,
    title: str | None,
    by: str,
    at: datetime,
    banner: str | None,
) -> dict[str, Any]:
    """Publish what is known now, for a period, into <folder>/<name>; returns the row of ops.releases.

    What the period's latest release holds already is not published again: that one is returned. Raises WentongError
    when the name is taken or not one, nothing is known yet, or no audit that passed has seen all of it.
    """
    with engine.begin() as connection:
        connection.execute(sa.select(sa.func.pg_advisory_xact_lock(PUBLISHING)))
        load_id = connection.scalar(sa.select(sa.func.max(loads.c.load_id)))
        if load_id is None:
            raise WentongError("Nothing is known yet: there is nothing to publish.")
        earlier = read_releases(connection, str(period))
        if earlier and earlier[-1]["load_id"] == load_id and name in (None, earlier[-1]["name"]):
            return earlier[-1]
        if reason := audits.blocks_publication(connection, load_id):
            raise WentongError(reason)
        name = name or f"{period}-{len(earlier) + 1}"
        title = storable(title or f"{period.title}基层文化统计数据")
        _check_name(name, [release["name"] for release in read_releases(connection)])
        sha256 = _write(connection, folder / name, name, title, load_id, banner)
        payload = {"name": name, "period": str(period), "known_at": load_id, "title": title, "by": storable(by)}
        record(connection, journal.note(EVENT, {**payload, "sha256": sha256}, at))
        return read_releases(connection, str(period))[-1]


def export(engine: sa.Engine, folder: Path, at: datetime, banner: str | None) -> Path:
    """Put what is known now into <folder>/latest, in one step; returns it. What lay there before is deleted."""
    folder.mkdir(parents=True, exist_ok=True)
    with engine.begin() as connection:
        connection.execute(sa.select(sa.func.pg_advisory_xact_lock(PUBLISHING)))
        load_id = connection.scalar(sa.select(sa.func.coalesce(sa.func.max(loads.c.load_id), 0))) or 0
        place = folder / f"{at:%Y%m%d-%H%M%S}-{load_id}"
        _write(connection, place, LATEST, "基层文化统计数据(每夜快照)", load_id, banner)
        link = folder / f"{LATEST}.new"
        link.unlink(missing_ok=True)
        link.symlink_to(place.name)
        link.replace(folder / LATEST)
        for other in folder.iterdir():
            if other.is_dir() and not other.is_symlink() and other != place:
                shutil.rmtree(other, ignore_errors=True)
    return folder / LATEST


def damages(engine: sa.Engine, journal: Journal, folder: Path) -> Iterator[str]:
    """A sentence for each release that is not as it was published: its row, its files, or its figures at its load.

    The figures are computed anew from the warehouse, column by column as they were published: columns and relations
    that came later do not matter.
    """
    published = [entry for entry in journal.read() if entry["event"] == EVENT]
    with engine.begin() as connection:
        rows = {row["name"]: row for row in read_releases(connection)}
        relations = {relation.full_name: relation for relation in packages.relations(connection)}
        for unknown in sorted(rows.keys() - {entry["name"] for entry in published}):
            yield f"发布 {unknown}:流水里没有这次发布"
        for entry in published:
            name, row = entry["name"], rows.get(entry["name"])
            if row is None or (row["load_id"], row["sha256"]) != (entry["known_at"], entry["sha256"]):
                yield f"发布 {name}:ops.releases 与流水不一致"
            try:
                if packages.sha256(folder / name / packages.DESCRIPTOR) != entry["sha256"]:
                    yield f"发布 {name}:{packages.DESCRIPTOR} 与发布时不一致"
                    continue
                descriptor = json.loads((folder / name / packages.DESCRIPTOR).read_text(encoding="utf-8"))
            except OSError as error:
                yield f"发布 {name}:{packages.DESCRIPTOR}:{error.strerror}"
                continue
            for resource in descriptor["resources"]:
                yield from (f"发布 {name}:{damage}" for damage in _file_damages(folder / name, resource))
                if "figures_sha256" in resource:
                    relation = relations.get(resource["name"])
                    yield from (
                        f"发布 {name}:{damage}"
                        for damage in _figure_damages(connection, relation, entry["known_at"], resource)
                    )


def _file_damages(folder: Path, resource: Any) -> Iterator[str]:
    try:
        if f"sha256:{packages.sha256(folder / resource['path'])}" != resource["hash"]:
            yield f"{resource['path']} 与发布时不一致"
    except OSError as error:
        yield f"{resource['path']}:{error.strerror}"


def _figure_damages(
    connection: sa.Connection, relation: packages.Relation | None, load_id: int, resource: Any
) -> Iterator[str]:
    columns = [field["name"] for field in resource["schema"]["fields"]]
    if relation is None:
        yield f"{resource['name']} 已不存在,无法重算"
    elif gone := set(columns) - {column.name for column in relation.columns}:
        yield f"{resource['name']} 已没有 {'、'.join(sorted(gone))} 列,无法重算"
    elif packages.figures_sha256(connection, relation, load_id, columns) != resource["figures_sha256"]:
        yield f"{resource['name']} 按入库号 {load_id} 重算,与发布的数不一致"


def _check_name(name: str, taken: Iterable[str]) -> None:
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]*", name) or name.isdecimal():
        raise WentongError(f"{name!r} is no name for a release; write letters, digits, - . _, such as 2026Q3-1.")
    if name.lower() in map(str.lower, taken):
        raise WentongError(f"There is a release {name} already; a release is never replaced, choose another name.")


def _write(connection: sa.Connection, folder: Path, name: str, title: str, load_id: int, banner: str | None) -> str:
    """Write a package under a temporary name and give it its name in one step; returns its digest. What lies there was
    left by a process that was killed before it was noted; there is only one at a time."""
    part = folder.with_name(".part")
    try:
        for left in (part, folder):
            with suppress(FileNotFoundError):
                shutil.rmtree(left)
        part.mkdir(parents=True)
        packages.write_package(connection, part, name, title, load_id, banner)
        for path in part.rglob("*"):
            flush_folder(path) if path.is_dir() else _flush(path)
        flush_folder(part)
        part.rename(folder)
        flush_folder(folder.parent)
        return packages.sha256(folder / packages.DESCRIPTOR)
    except OSError as error:
        raise EnvironmentProblem(f"Cannot write {folder}: {error.strerror}.") from error


def _flush(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
