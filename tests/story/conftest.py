from browser.conftest import browser, page
from observability.conftest import prometheus

__all__ = ["browser", "page", "prometheus"]
