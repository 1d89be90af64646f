"""The JSON Schemas of what is read and written: `python -m schemas.export` writes them."""

import json
import sys
from pathlib import Path
from typing import Final

from schemas.alert import Alert, AlertCommand, AlertEvent, EpisodeRow
from schemas.episode import Episode
from schemas.verdict import Verdict

DIRECTORY: Final = Path(__file__).parent / "json"
"""Directory of the schemas in the package."""

_DIALECT: Final = {"$schema": "https://json-schema.org/draft/2020-12/schema"}


def json_schemas() -> dict[str, str]:
    """Return the text of each schema by file name."""
    return {
        "episode.schema.json": _text(Episode.model_json_schema(mode="validation")),
        "verdict.schema.json": _text(Verdict.model_json_schema(mode="serialization")),
        "alert.schema.json": _text(Alert.model_json_schema(mode="serialization")),
        "alert-command.schema.json": _text(AlertCommand.model_json_schema(mode="validation")),
        "alert-event.schema.json": _text(AlertEvent.model_json_schema(mode="serialization")),
        "worklist.schema.json": _text(EpisodeRow.model_json_schema(mode="serialization")),
    }


def export(directory: Path) -> None:
    """Write each schema to its file."""
    for name, text in json_schemas().items():
        (directory / name).write_text(text, encoding="utf-8")


def _text(schema: dict[str, object]) -> str:
    return json.dumps(_DIALECT | schema, indent=2, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    export(Path(sys.argv[1]) if sys.argv[1:] else DIRECTORY)
