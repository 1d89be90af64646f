"""`ipg12 dashboard`: alerts, worklist, numbers and rules in a browser, and as an API."""


def dashboard() -> None:
    """Serve pages and an API on what stands on the topics, until SIGTERM or SIGINT."""
    from streams.dashboard.serve import run_dashboard
    from streams.settings import Settings

    run_dashboard(Settings.read())
