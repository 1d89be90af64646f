"""`ipg12 worker`."""


def worker() -> None:
    """Run the Faust worker until SIGTERM or SIGINT; configured by IPG12_… variables."""
    from streams.run import run_worker
    from streams.settings import Settings

    run_worker(Settings.read())
