"""Every DAG: loads, documents itself, keeps its logic elsewhere, and has just these edges."""

import ast
from pathlib import Path

import pytest
from airflow.dag_processing.dagbag import DagBag

from wentong.settings import PROJECT

FOLDER = PROJECT / "dags"
EDGES = {
    "open_period": {"open": set()},
    "collect_returns": {
        "precheck": set(),
        "receive": {"judge", "answer"},
        "judge": {"answer", "load"},
        "answer": set(),
        "load": set(),
    },
    "build_marts": {"build": set()},
    "track_milestones": {"mark": set()},
    "remind_county": {"remind": set()},
    "issue_bulletins": {"issue": set()},
    "export_figures": {"export": set()},
    "audit_warehouse": {"audit": set()},
}


@pytest.fixture(scope="module")
def bag() -> DagBag:
    return DagBag(dag_folder=FOLDER)


def test_every_file_loads_and_holds_the_dag_of_its_name(bag: DagBag) -> None:
    assert bag.import_errors == {}
    assert {Path(dag.fileloc).stem: dag_id for dag_id, dag in bag.dags.items()} == {dag_id: dag_id for dag_id in EDGES}


def test_the_edges_are_these(bag: DagBag) -> None:
    found = {
        dag_id: {task.task_id: set(task.downstream_task_ids) for task in dag.tasks} for dag_id, dag in bag.dags.items()
    }
    assert found == EDGES


@pytest.mark.parametrize("dag_id", EDGES)
def test_policy(bag: DagBag, dag_id: str) -> None:
    dag = bag.dags[dag_id]
    assert dag.doc_md, "the module's docstring is the DAG's documentation"
    assert "wentong" in dag.tags
    assert not dag.catchup
    assert dag.max_active_runs == 1, "verbs of two runs would take turns anyway"
    assert str(dag.timezone) == "Asia/Shanghai"
    assert all(task.retries >= 2 for task in dag.tasks), (
        "a task that lost its scheduler is reported as failed: try again"
    )


@pytest.mark.parametrize("path", sorted(FOLDER.glob("*.py")), ids=lambda path: path.stem)
def test_no_heavy_import_and_no_sql_at_the_top(path: Path) -> None:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    imported = {
        name.partition(".")[0]
        for node in tree.body
        if isinstance(node, (ast.Import, ast.ImportFrom))
        for name in ([node.module or ""] if isinstance(node, ast.ImportFrom) else [alias.name for alias in node.names])
    }
    assert imported <= {"airflow", "datetime", "wentong_airflow"}
    assert len(path.read_text(encoding="utf-8").splitlines()) < 80
