"""A real Prometheus, and what it is asked."""

import json
import re
import subprocess
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple
from urllib.error import HTTPError
from urllib.parse import quote
from urllib.request import urlopen

import yaml
from broker.kafka import HOST, free_port
from broker.waiting import tail, wait_until

RULES = Path(__file__).parents[2] / "deploy/prometheus/ipg12.rules.yml"
SECONDS = 60


class RefusedError(Exception):
    """Prometheus cannot read a query."""


class Prometheus(NamedTuple):
    """One that runs."""

    address: str
    log: Path

    def ask(self, query: str) -> list[object]:
        """Give each series that has a number now; none while it does not answer yet."""
        try:
            with urlopen(f"{self.address}/api/v1/query?query={quote(query)}", timeout=5) as answer:  # noqa: S310  # ours
                found = json.load(answer)["data"]["result"]
        except HTTPError as error:
            raise RefusedError(query, error.read().decode()) from error
        except OSError:
            return []
        return [series for series in found if series["value"][1] != "NaN"]

    def wait_for(self, queries: Iterable[str]) -> None:
        """Wait until it has something to say to every query."""
        missing = list(queries)

        def all_answered() -> bool:
            missing[:] = [query for query in missing if not self.ask(query)]
            return not missing

        wait_until(
            all_answered,
            "Prometheus had an answer to every query",
            SECONDS,
            lambda: "\n".join([*missing, tail(self.log)]),
        )


@contextmanager
def scraping(programs: Path, folder: Path, targets: dict[str, int]) -> Iterator[Prometheus]:
    """Run Prometheus with the rules of the project."""
    config = {
        "global": {"scrape_interval": "1s", "evaluation_interval": "1s"},
        "rule_files": [str(RULES)],
        "scrape_configs": [
            {"job_name": job, "static_configs": [{"targets": [f"{HOST}:{port}"]}]}
            for job, port in targets.items()
        ],
    }
    path, port, log = folder / "prometheus.yml", free_port(), folder / "prometheus.log"
    path.write_text(yaml.safe_dump(config))
    with log.open("wb") as output:
        process = subprocess.Popen(
            [
                programs / "prometheus",
                f"--config.file={path}",
                f"--storage.tsdb.path={folder / 'tsdb'}",
                f"--web.listen-address={HOST}:{port}",
            ],
            stdout=output,
            stderr=output,
        )
    try:
        yield Prometheus(f"http://{HOST}:{port}", log)
    finally:
        process.kill()
        process.wait()


def only_announced(selector: str, exposition: str) -> bool:
    """Tell whether a metric has no series before what it counts has happened."""
    name = selector.partition("{")[0]
    announced = f"# TYPE {name} " in exposition
    return announced and not re.search(rf"^{name}\b", exposition, re.MULTILINE)
