"""docker-compose.yml is the same site as `make up`: same commands, same shared settings, secrets only from .env."""

import re
import subprocess
import sys
from typing import Any

import pytest
import yaml

from wentong import postgres, site
from wentong.settings import PROJECT

COMPOSE_FILE = PROJECT / "docker-compose.yml"
OWN_SERVICES = [*site.COMPONENTS, "worker", "migrate"]


@pytest.fixture(scope="module")
def services() -> dict[str, Any]:
    return yaml.safe_load(COMPOSE_FILE.read_text(encoding="utf-8"))["services"]


def test_compose_file_follows_the_compose_schema() -> None:
    command = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", "vendor.compose-spec", str(COMPOSE_FILE)]
    run = subprocess.run(command, capture_output=True, text=True)
    assert run.returncode == 0, run.stdout + run.stderr


def test_topology(services: dict[str, Any]) -> None:
    assert set(services) == {"postgres", "redis", *OWN_SERVICES}
    assert services["worker"]["deploy"]["replicas"] == 2
    assert {name for name, service in services.items() if "healthcheck" not in service} == {"migrate"}
    assert {name for name, service in services.items() if service["restart"] != "unless-stopped"} == {"migrate"}


@pytest.mark.parametrize("name", site.COMPONENTS)
def test_components_run_the_same_command(services: dict[str, Any], name: str) -> None:
    assert services[name]["command"] == site.COMPONENTS[name]


def test_the_same_migrations_run_first(services: dict[str, Any]) -> None:
    assert services["migrate"]["command"][2].startswith(" && ".join(site.MIGRATIONS))
    for name in (*site.COMPONENTS, "worker"):
        assert services[name]["depends_on"] == {"migrate": {"condition": "service_completed_successfully"}}


@pytest.mark.parametrize("name", OWN_SERVICES)
def test_shared_settings_are_read_and_not_overridden(services: dict[str, Any], name: str) -> None:
    assert services[name]["env_file"] == "deploy/airflow.env"
    assert not services[name]["environment"].keys() & site.shared_settings().keys()


def test_the_single_machine_does_not_override_them_either() -> None:
    source = (PROJECT / "plugins" / "wentong" / "site.py").read_text(encoding="utf-8")
    assert not set(re.findall(r'"([A-Z_]+)":', source)) & site.shared_settings().keys()


def test_shared_settings_are_plain_lines() -> None:
    for name, value in site.shared_settings().items():
        assert re.fullmatch(r"[A-Z0-9_]+", name), name
        assert value == value.strip(" '\""), name


def test_both_servers_use_the_same_sources(services: dict[str, Any]) -> None:
    sources = {volume.split(":")[0] for volume in services["postgres"]["volumes"]}
    assert {"./deploy/postgresql.conf", "./deploy/databases.sql"} <= sources
    assert set(postgres.PASSWORD_VARIABLES.values()) <= services["postgres"]["environment"].keys()


def test_nothing_listens_beyond_this_machine_unless_told(services: dict[str, Any]) -> None:
    published = {name: service["ports"] for name, service in services.items() if "ports" in service}
    assert published.keys() == {"postgres", "api-server"}
    assert all(port.startswith("${WENTONG_BIND:-127.0.0.1}:") for ports in published.values() for port in ports)


def test_own_services_do_not_run_as_root(services: dict[str, Any]) -> None:
    assert {services[name]["user"] for name in OWN_SERVICES} == {"${WENTONG_UID:-50000}:0"}


def test_env_example_names_every_variable_and_gives_no_secret() -> None:
    compose = COMPOSE_FILE.read_text(encoding="utf-8")
    example = dict(re.findall(r"^#?(WENTONG_\w+)=(.*)$", (PROJECT / ".env.example").read_text(encoding="utf-8"), re.M))
    assert example.keys() == set(re.findall(r"\$\{(\w+)", compose))
    required = set(re.findall(r"\$\{(\w+):\?", compose))
    assert {name for name, value in example.items() if not value} == required
    assert {name for name in example if re.search("PASSWORD|SECRET|KEY", name)} == required
