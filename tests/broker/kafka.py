"""A real Apache Kafka for a run: brokers as processes of their own, ended by process id."""

import base64
import os
import shutil
import signal
import socket
import subprocess
import uuid
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from typing import Final, Self

from broker.distribution import find_program, kafka_jars
from broker.proxy import Network, Proxy
from broker.records import ClientOptions
from broker.waiting import tail, wait_until
from confluent_kafka import KafkaException
from confluent_kafka.admin import AdminClient

from streams.demo.broker import free_port as free_port  # noqa: PLC0414  # handed on

HOST = "127.0.0.1"
EDGE_HOST = "127.0.0.2"
START_SECONDS = 180
STOP_SECONDS = 10
CONTROLLER = 100

QUORUM: Final = {
    "controller.listener.names": "CONTROLLER",
    "listener.security.protocol.map": "PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT",
}

Properties = Mapping[str, object]


class NodeError(Exception):
    """A Kafka process did not do what it should."""

    def __init__(self, log: Path, what: str) -> None:
        super().__init__(f"Kafka {what}\n{tail(log)}")


class Node:
    """One Kafka process with its folder: a broker, the controller, or both in one."""

    def __init__(self, folder: Path, number: int, address: str, properties: Properties) -> None:
        self.number = number
        self.address = address
        """Where it is asked whether it listens."""
        self.log = folder / f"node-{number}.log"
        self.data = folder / f"node-{number}"
        self._settings = folder / f"node-{number}.properties"
        self._process: subprocess.Popen[bytes] | None = None
        settings = {"node.id": number, "log.dirs": self.data, **properties}
        self._settings.write_text("".join(f"{name}={value}\n" for name, value in settings.items()))

    def format(self, *arguments: str) -> None:
        """Prepare the folder of the data."""
        command = ["format", *arguments, "-c", str(self._settings)]
        with self.log.open("ab") as log:
            done = subprocess.run(
                [*_java("kafka.tools.StorageTool"), *command], stdout=log, stderr=log, check=False
            )
        if done.returncode:
            raise NodeError(self.log, "could not format its storage")

    def start(self) -> None:
        """Start the process; it listens some seconds later."""
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                [*_java("kafka.Kafka"), str(self._settings)],
                stdout=log,
                stderr=log,
                stdin=subprocess.DEVNULL,
                start_new_session=True,
            )

    @property
    def running(self) -> bool:
        """Tell whether there is a process."""
        return self._process is not None

    def listening(self) -> bool:
        """Tell whether the process takes connections."""
        if self._process is None or self._process.poll() is not None:
            raise NodeError(self.log, "ended by itself")
        host, port = self.address.split(":")
        with socket.socket() as probe:
            return probe.connect_ex((host, int(port))) == 0

    def send(self, number: signal.Signals) -> None:
        """Send the process a signal: SIGSTOP for one that hangs."""
        if self._process is not None:
            os.killpg(self._process.pid, number)

    def stop(self, number: signal.Signals = signal.SIGTERM) -> None:
        """Stop the process: SIGKILL for one that should be lost, SIGTERM for an orderly end."""
        process, self._process = self._process, None
        if process is None:
            return
        os.killpg(process.pid, number)
        try:
            process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


class Cluster:
    """One broker or several, and the address that clients ask for.

    A lone broker is its own controller. Several have one apart, so that each of them can be lost.
    """

    def __init__(
        self,
        folder: Path,
        brokers: int = 1,
        properties: Properties | None = None,
        format_arguments: Sequence[str] = (),
        client: Mapping[str, str] | None = None,
        *,
        proxied: bool = False,
    ) -> None:
        """Set it out; `properties` are added to every node's, or stand in their place.

        A property may hold `{address}`, which is the broker's own `host:port`, and
        `{controller}`, the controller's. `client` is what a client of `address` has to say.
        With `proxied` there is a way to each broker through a proxy, on which a client appears as
        `EDGE_HOST`.
        """
        added = dict(properties or {})
        self._format_arguments = format_arguments
        self.network = Network()
        controller = f"{HOST}:{free_port()}"
        voter = {
            **QUORUM,
            "controller.quorum.bootstrap.servers": controller,
            "process.roles": "controller",
            "listeners": f"CONTROLLER://{controller}",
        }
        self.brokers = []
        for number in range(1, brokers + 1):
            address = f"{HOST}:{free_port()}"
            settings = {**voter, **_broker_properties(address, copies=min(brokers, 3))}
            if brokers == 1:
                settings["process.roles"] = "broker,controller"
                settings["listeners"] += f",CONTROLLER://{controller}"
            if proxied:
                inner = f"{HOST}:{free_port()}"
                proxy = Proxy(self.network, HOST, free_port(), inner, EDGE_HOST)
                self.network.proxies.append(proxy)
                settings["listeners"] += f",EDGE://{inner}"
                settings["advertised.listeners"] += f",EDGE://{proxy.address}"
                settings["listener.security.protocol.map"] += ",EDGE:PLAINTEXT"
                settings["inter.broker.listener.name"] = "PLAINTEXT"
            for name, value in added.items():
                settings[name] = str(value).format(address=address, controller=controller)
            self.brokers.append(Node(folder, number, address, settings))
        self.controller = (
            self.brokers[0] if brokers == 1 else Node(folder, CONTROLLER, controller, voter | added)
        )
        self.nodes = [self.controller, *(each for each in self.brokers if brokers > 1)]
        self.address = ",".join(broker.address for broker in self.brokers)
        self.edge_address = ",".join(proxy.address for proxy in self.network.proxies)
        self._running_network = ExitStack()
        self.client: ClientOptions = {
            "bootstrap.servers": self.address,
            "log_level": 0,
            **(client or {}),
        }
        """How the administration connects."""

    def __enter__(self) -> Self:
        cluster_id = base64.urlsafe_b64encode(uuid.uuid4().bytes).decode().rstrip("=")
        try:
            self._running_network.enter_context(self.network)
            with ThreadPoolExecutor() as pool:
                list(pool.map(lambda node: self._format(node, cluster_id), self.nodes))
            self.start()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self._running_network.close()
        for node in reversed(self.nodes):
            node.stop(signal.SIGKILL)
            shutil.rmtree(node.data, ignore_errors=True)

    def start(self) -> None:
        """Start every process that does not run, and wait until all of them take part."""
        for node in self.nodes:
            if not node.running:
                node.start()
        wait_until(self._listening, "Kafka listened", START_SECONDS, self.log_tail)
        admin = self.admin()
        wait_until(lambda: self._complete(admin), "Kafka answered", START_SECONDS, self.log_tail)

    def admin(self) -> AdminClient:
        """Give a client for the administration."""
        return AdminClient(dict(self.client))

    def log_tail(self) -> str:
        """Give the end of every process's log."""
        return "\n".join(tail(node.log) for node in self.nodes)

    def _format(self, node: Node, cluster_id: str) -> None:
        kind = "--standalone" if node is self.controller else "--no-initial-controllers"
        node.format(kind, f"--cluster-id={cluster_id}", *self._format_arguments)

    def _listening(self) -> bool:
        return all(node.listening() for node in self.nodes)

    def _complete(self, admin: AdminClient) -> bool:
        try:
            described = admin.describe_cluster(request_timeout=5).result()
        except KafkaException:
            return False
        return len(described.nodes) == len(self.brokers)


def _broker_properties(address: str, copies: int) -> dict[str, str]:
    return {
        "process.roles": "broker",
        "listeners": f"PLAINTEXT://{address}",
        "advertised.listeners": f"PLAINTEXT://{address}",
        "auto.create.topics.enable": "false",
        "min.insync.replicas": str(max(1, copies - 1)),
        "offsets.topic.replication.factor": str(copies),
        "offsets.topic.num.partitions": "4",
        "transaction.state.log.replication.factor": str(copies),
        "transaction.state.log.min.isr": str(max(1, copies - 1)),
        "transaction.state.log.num.partitions": "4",
        "group.initial.rebalance.delay.ms": "0",
    }


def _java(main_class: str) -> list[str]:
    options = ["-Xmx768m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1"]  # it does not run long
    options += ["-Dorg.apache.logging.log4j.level=WARN"]
    return [find_program("java"), *options, "-cp", f"{kafka_jars()}/*", main_class]
