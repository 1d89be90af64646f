import re
from pathlib import Path

from streams.validation.check import judge

PAGE = (Path(__file__).parents[2] / "docs/formats.md").read_text(encoding="utf-8")
CDS = PAGE.split("\n## CDS XML\n")[1].split("\n## ")[0]


def test_the_message_on_the_page_gives_the_verdict_on_the_page() -> None:
    (message,) = re.findall(r"```xml\n(.*?)```", CDS, re.DOTALL)
    shown = dict(re.findall(r"(?m)^\| `(\w+)` \| ([^|`]+?) \|$", CDS))
    verdict = judge(message.encode())
    assert shown == {
        "format": verdict.format,
        "episode_id": verdict.episode_id,
        "provider_code": verdict.provider_code,
        "outcome": verdict.outcome,
        "procedures": " ".join(verdict.procedures or ()),
        "findings": " ".join(f"{each.rule} at {each.place}" for each in verdict.findings),
        "proposed": " ".join(verdict.proposed or ()),
    }
