"""A real Apache Kafka for a run: brokers as processes of their own, ended by process id."""

import base64
import os
import shutil
import signal
import socket
import subprocess
import uuid
from pathlib import Path
from typing import Self

from broker.distribution import find_program, kafka_jars
from broker.waiting import tail, wait_until
from confluent_kafka import KafkaException
from confluent_kafka.admin import AdminClient

from streams.demo.broker import free_port

HOST = "127.0.0.1"
JAVA = ("java", "a Java runtime, 17 or later (Debian: apt install openjdk-17-jre-headless)")
START_SECONDS = 60
STOP_SECONDS = 10


class BrokerError(Exception):
    """A Kafka process did not do what it should."""

    def __init__(self, log: Path, what: str) -> None:
        super().__init__(f"Kafka {what}\n{tail(log)}")


class Broker:
    """One Kafka process with its folder; the first broker of a cluster is its controller too."""

    def __init__(self, folder: Path, node: int, controller: str, brokers: int) -> None:
        self.folder = folder / f"broker-{node}"
        self.address = f"{HOST}:{free_port()}"
        self.log = self.folder / "broker.log"
        self.node = node
        self._leads = node == 1
        self._settings = self.folder / "server.properties"
        self._process: subprocess.Popen[bytes] | None = None
        self.folder.mkdir(parents=True)
        self._settings.write_text(self._properties(controller, copies=min(brokers, 3)))

    def _properties(self, controller: str, copies: int) -> str:
        listeners = f"PLAINTEXT://{self.address}"
        settings = {
            "node.id": self.node,
            "process.roles": "broker,controller" if self._leads else "broker",
            "controller.quorum.bootstrap.servers": controller,
            "controller.listener.names": "CONTROLLER",
            "listeners": f"{listeners},CONTROLLER://{controller}" if self._leads else listeners,
            "advertised.listeners": listeners,
            "listener.security.protocol.map": "PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT",
            "log.dirs": self.folder / "data",
            "auto.create.topics.enable": "false",
            "offsets.topic.replication.factor": copies,
            "offsets.topic.num.partitions": 4,
            "transaction.state.log.replication.factor": copies,
            "transaction.state.log.min.isr": max(1, copies - 1),
            "transaction.state.log.num.partitions": 4,
            "group.initial.rebalance.delay.ms": 0,
        }
        return "".join(f"{name}={value}\n" for name, value in settings.items())

    def format(self, cluster_id: str) -> None:
        """Prepare the folder of the data."""
        kind = "--standalone" if self._leads else "--no-initial-controllers"
        command = ["format", kind, f"--cluster-id={cluster_id}", "-c", str(self._settings)]
        with self.log.open("ab") as log:
            done = subprocess.run(
                [*_java("kafka.tools.StorageTool"), *command], stdout=log, stderr=log, check=False
            )
        if done.returncode:
            raise BrokerError(self.log, "could not format its storage")

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

    def listening(self) -> bool:
        """Tell whether the process takes connections."""
        if self._process is None or self._process.poll() is not None:
            raise BrokerError(self.log, "ended by itself")
        host, port = self.address.split(":")
        with socket.socket() as probe:
            return probe.connect_ex((host, int(port))) == 0

    def send(self, number: signal.Signals) -> None:
        """Send the process a signal: SIGKILL for one that is lost, SIGSTOP for one that hangs."""
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
    """One broker or several, and the address that clients ask for."""

    def __init__(self, folder: Path, brokers: int = 1) -> None:
        controller = f"{HOST}:{free_port()}"
        self.brokers = [Broker(folder, node + 1, controller, brokers) for node in range(brokers)]
        self.address = ",".join(broker.address for broker in self.brokers)

    def __enter__(self) -> Self:
        cluster_id = base64.urlsafe_b64encode(uuid.uuid4().bytes).decode().rstrip("=")
        try:
            for broker in self.brokers:
                broker.format(cluster_id)
                broker.start()
            wait_until(self._listening, "Kafka listened", START_SECONDS, self.log_tail)
            admin = self.admin()
            wait_until(
                lambda: self._complete(admin), "Kafka answered", START_SECONDS, self.log_tail
            )
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        for broker in reversed(self.brokers):
            broker.stop(signal.SIGKILL)
            shutil.rmtree(broker.folder / "data", ignore_errors=True)

    def admin(self) -> AdminClient:
        """Give a client for the administration."""
        return AdminClient({"bootstrap.servers": self.address, "log_level": 0})

    def log_tail(self) -> str:
        """Give the end of every broker's log."""
        return "\n".join(tail(broker.log) for broker in self.brokers)

    def _listening(self) -> bool:
        return all(broker.listening() for broker in self.brokers)

    def _complete(self, admin: AdminClient) -> bool:
        try:
            described = admin.describe_cluster(request_timeout=5).result()
        except KafkaException:
            return False
        return len(described.nodes) == len(self.brokers)


def _java(main_class: str) -> list[str]:
    options = ["-Xmx768m", "-XX:+UseSerialGC", "-Dorg.apache.logging.log4j.level=WARN"]
    return [find_program(*JAVA), *options, "-cp", f"{kafka_jars()}/*", main_class]
