"""`ipg12 worker`."""


def worker() -> None:
    """Run the worker until SIGTERM or SIGINT; configured by IPG12_… variables."""
    from streams.settings import Settings
    from streams.worker.app import run_worker

    run_worker(Settings.read())
