"""Steps of one alert, as they stand on the topic."""

from datetime import UTC, datetime
from typing import Final

from schemas.alert import Alert, AlertEvent, AlertEventType, AlertState
from schemas.verdict import Severity

SEEN: Final = datetime(2026, 1, 31, 10, tzinfo=UTC)

_STATES: Final = {
    AlertEventType.OPENED: AlertState.OPEN,
    AlertEventType.REOPENED: AlertState.REOPENED,
    AlertEventType.RESOLVED: AlertState.RESOLVED,
}


def step_of(
    step: AlertEventType,
    *,
    rule: str = "LV02",
    severity: Severity = Severity.ERROR,
    awaiting: int = 1,
) -> AlertEvent:
    """Give a step of an alert that is acknowledged unless the step says otherwise."""
    alert = Alert(
        rule=rule,
        severity=severity,
        provider="R0A",
        state=_STATES.get(step, AlertState.ACKNOWLEDGED),
        since=SEEN,
        first_seen=SEEN,
        last_seen=SEEN,
        findings=1,
        awaiting=awaiting,
    )
    return AlertEvent(step=step, rule=rule, provider="R0A", at=SEEN, why="because", alert=alert)
