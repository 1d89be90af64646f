"""Three brokers, and a scene on them for each case."""

from pathlib import Path
from random import Random

from broker.kafka import Cluster
from chaos.case import Case
from chaos.scene import Scene

BROKERS = 3
PROPERTIES = {
    "authorizer.class.name": "org.apache.kafka.metadata.authorizer.StandardAuthorizer",
    "allow.everyone.if.no.acl.found": "true",
    "log.cleaner.backoff.ms": 200,
}


class Stage:
    """A cluster that cases share, one after the other."""

    def __init__(self, folder: Path, seed: int) -> None:
        self.cluster = Cluster(folder, BROKERS, PROPERTIES, proxied=True)
        self._folder = folder
        self._seed = seed

    def scene(self, case: Case) -> Scene:
        """Set the scene for a case."""
        name = case.name.replace(" ", "-")
        folder = self._folder / name
        folder.mkdir()
        return Scene(
            self.cluster,
            folder,
            f"{name}.",
            Random(f"{self._seed} {name}"),  # noqa: S311  # repeatable, not secret
            partitions=case.partitions,
            **case.settings,
        )
