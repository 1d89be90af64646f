"""The file that says which column of delimited text is what."""

from pathlib import Path

from streams.cli.reading.sources import source_name, verify_readable
from streams.errors import OperatorError
from streams.validation.reading.column_names import ColumnNames, read_column_names
from streams.validation.reading.columns import Unusable


def read_column_file(path: str | None) -> ColumnNames | None:
    """Read the file; None if there is none. Raises OperatorError."""
    if path is None:
        return None
    verify_readable(path)
    names = read_column_names(Path(path).read_bytes())
    if isinstance(names, Unusable):
        message = f"{source_name(path)}: {names.message}"
        raise OperatorError(message)
    return names
