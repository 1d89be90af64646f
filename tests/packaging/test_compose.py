import os
import re
import subprocess
import sys
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread
from typing import cast

import pytest
import typer
import yaml
from typer.core import TyperGroup

from streams import __path__ as streams_path
from streams.cli import app
from streams.settings import PREFIX, Settings

ROOT = Path(__file__).parents[2]
DOCKERFILE = (ROOT / "Dockerfile").read_text().replace("\\\n", " ")
COMPOSE_TEXT = (ROOT / "docker-compose.yml").read_text()
COMPOSE = yaml.safe_load(COMPOSE_TEXT)
SERVICES = COMPOSE["services"]
OURS = {name: service for name, service in SERVICES.items() if service.get("build")}
KAFKA = SERVICES["kafka"]
WORKER = SERVICES["worker"]
RUNNING = {name: SERVICES[name] for name in ("worker", "alerts", "notifier", "dashboard")}
PROFILE = "observability"
LOOKING = {
    name: service for name, service in SERVICES.items() if service.get("profiles") == [PROFILE]
}
NOTIFIER = SERVICES["notifier"]


def instruction(name: str) -> str:
    """Give the last instruction of that name, which is the one of the final image."""
    return str(re.findall(rf"^{name}\s+(.*)$", DOCKERFILE, re.MULTILINE)[-1]).strip()


@pytest.mark.parametrize("text", [DOCKERFILE, COMPOSE_TEXT], ids=["Dockerfile", "compose"])
def test_every_variable_named_is_one_that_the_settings_read(text: str) -> None:
    named = set(re.findall(rf"\b{PREFIX}\w+", text))

    assert named
    assert named <= {f"{PREFIX}{field.upper()}" for field in Settings.model_fields}


def test_no_service_of_ours_is_given_any_other_variable() -> None:
    assert set(OURS) == {"topics", *RUNNING}
    for service in OURS.values():
        assert all(name.startswith(PREFIX) for name in service["environment"])


@pytest.mark.parametrize("service", OURS)
def test_every_command_is_one_that_the_command_line_knows(service: str) -> None:
    command = typer.main.get_command(app)
    for word in OURS[service]["command"]:
        command = cast("TyperGroup", command).commands[word]

    assert not hasattr(command, "commands")


def test_every_image_is_pinned_to_a_version() -> None:
    images = [service["image"] for service in SERVICES.values()]
    images += re.findall(r"^FROM (\S+)", DOCKERFILE, re.MULTILINE)

    for image in images:
        assert re.fullmatch(r"[\w./-]+:v?\d+\.\d+\.\d+[\w.-]*", image), image


def test_ports_are_published_on_the_loopback_address_only() -> None:
    published = {name: service["ports"] for name, service in SERVICES.items() if "ports" in service}

    assert set(published) == {"kafka", *RUNNING, *LOOKING}
    for ports in published.values():
        for port in ports:
            assert re.fullmatch(r"127\.0\.0\.1:\d+:\d+", port), port


def test_the_notifier_runs_only_where_it_is_asked_for_and_is_handed_all_that_it_needs() -> None:
    port = Settings.model_fields["webhook_web_port"].default

    assert NOTIFIER["profiles"] == ["webhook"]
    assert [name for name, service in OURS.items() if "profiles" in service] == ["notifier"]
    assert NOTIFIER["ports"] == [f"127.0.0.1:{port}:{port}"]
    assert NOTIFIER["environment"]["IPG12_WEB_PORT"] == port
    handed_on = {name for name, value in NOTIFIER["environment"].items() if value is None}
    assert {f"{PREFIX}WEBHOOK_{name}" for name in ("URL", "SHAPE", "TOKEN")} <= handed_on


def test_the_image_runs_as_a_numbered_user_who_is_not_root() -> None:
    uid, gid = instruction("USER").split(":")

    assert int(uid) > 0
    assert int(gid) > 0
    assert all("user" not in service for service in OURS.values())


@pytest.mark.parametrize("name", [*OURS, *LOOKING])
def test_nothing_but_kafka_can_write_to_its_image_or_gain_rights(name: str) -> None:
    service = SERVICES[name]

    assert service["read_only"] is True
    assert service["tmpfs"] == ["/tmp"]  # noqa: S108  # the container's own
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert not service.get("privileged")


@pytest.mark.parametrize("service", RUNNING.values(), ids=RUNNING)
def test_a_service_has_longer_to_stop_than_it_promises_to_need(service: dict[str, str]) -> None:
    assert instruction("STOPSIGNAL") == "SIGTERM"
    assert int(service["stop_grace_period"].removesuffix("s")) > 10


def test_what_is_mounted_of_the_project_is_there_and_cannot_be_written() -> None:
    mounts = [mount for service in SERVICES.values() for mount in service.get("volumes", [])]
    sources = [mount.split(":") for mount in mounts if mount.startswith(".")]

    assert sources
    for source, _, *mode in sources:
        assert (ROOT / source).exists(), source
        assert mode == ["ro"]


def test_the_image_is_built_from_all_that_it_copies_and_nothing_else() -> None:
    let_in = set(re.findall(r"^!(.+)$", (ROOT / ".dockerignore").read_text(), re.MULTILINE))
    copied = {
        source
        for sources in re.findall(r"^COPY (?!--from)(.*) \S+$", DOCKERFILE, re.MULTILINE)
        for source in sources.split()
    }

    assert copied == let_in
    assert all((ROOT / name).exists() for name in copied)
    assert f"{Path(streams_path[0]).name}/" in copied


class HealthServer(HTTPServer):
    readiness = 200


@pytest.fixture
def server() -> Iterator[HealthServer]:
    """Serve 200 at /readyz, or the status that a test sets, and 404 elsewhere."""

    class Health(BaseHTTPRequestHandler):
        server: HealthServer

        def do_GET(self) -> None:
            self.send_response(self.server.readiness if self.path == "/readyz" else 404)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    with HealthServer(("127.0.0.1", 0), Health) as server:
        thread = Thread(target=server.serve_forever)
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def healthcheck_passes(port: int) -> bool:
    """Run the image's own healthcheck, as Docker would."""
    _, command = instruction("HEALTHCHECK").split(" CMD ")
    environment = {
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
        "IPG12_WEB_PORT": str(port),
        "http_proxy": "http://127.0.0.1:9",
    }
    done = subprocess.run(
        ["/bin/sh", "-c", command], env=environment, capture_output=True, check=False
    )
    return done.returncode == 0


def test_the_healthcheck_passes_when_the_worker_is_ready_whatever_proxy_is_set(
    server: HealthServer,
) -> None:
    assert healthcheck_passes(server.server_port)


def test_the_healthcheck_fails_when_the_worker_is_not_ready(server: HealthServer) -> None:
    server.readiness = 503

    assert not healthcheck_passes(server.server_port)


def test_the_healthcheck_fails_when_nothing_listens(server: HealthServer) -> None:
    server.shutdown()
    server.server_close()

    assert not healthcheck_passes(server.server_port)


def test_whoever_opens_grafana_may_view_and_nobody_can_log_in() -> None:
    environment = SERVICES["grafana"]["environment"]

    assert environment["GF_AUTH_ANONYMOUS_ENABLED"] == "true"
    assert environment["GF_AUTH_ANONYMOUS_ORG_ROLE"] == "Viewer"
    assert environment["GF_SECURITY_DISABLE_INITIAL_ADMIN_CREATION"] == "true"
    assert environment["GF_AUTH_BASIC_ENABLED"] == "false"
    assert not [name for name in environment if "PASSWORD" in name]
