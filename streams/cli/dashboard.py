"""`ipg12 dashboard`: alerts, worklist, metrics and rules, as pages and as an API."""


def dashboard() -> None:
    """Serve alerts, worklist and rules as pages and an API, until SIGTERM or SIGINT."""
    from streams.dashboard.serve import run_dashboard
    from streams.settings import Settings

    run_dashboard(Settings.read())
