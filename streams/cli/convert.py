"""`ipg12 convert`."""

from functools import partial
from typing import Annotated

from typer import Argument, Exit, echo

from streams.cli.options import ColumnsFile


def convert(
    files: Annotated[
        list[str] | None,
        Argument(metavar="FILE", help="Files, as for `check`; - or none for standard input."),
    ] = None,
    columns: ColumnsFile = None,
) -> None:
    """Write episodes of any format as native episodes, one JSON object a line.

    What cannot be read is named on standard error; where it is a whole record, exit status 1.
    """
    from schemas.episode import Episode
    from schemas.rejection import Rejection
    from streams.cli.publishing import Named, left_out, refusal
    from streams.cli.reading.chunk import read_content
    from streams.cli.reading.column_file import read_column_file
    from streams.cli.reading.records import read_files
    from streams.cli.reading.sources import STDIN
    from streams.cli.showing.terminal import write
    from streams.settings import Settings
    from streams.validation.conversion import to_native

    settings = Settings.read()
    max_bytes = settings.max_record_bytes
    wanted = read_column_file(columns)
    write_error = partial(echo, err=True)
    refused = Named(write_error, "are not converted")
    remarked = Named(write_error, "are not read whole")
    for packed in read_files(files or [STDIN], max_bytes, columns=wanted):
        chunk = packed.unpack()
        lines: list[bytes] = []
        for index, value in enumerate(chunk.values):
            read = read_content(value, max_bytes, settings.hl7_fields)
            if isinstance(read, Rejection):
                refused.add(refusal(chunk.where(index), "not converted", read))
            else:
                if isinstance(read, Episode) and read.remarks:
                    remarked.add(left_out(chunk.where(index), read.remarks))
                lines.append(to_native(read) + b"\n")
        write(b"".join(lines))
    refused.finish()
    remarked.finish()
    if refused.count:
        raise Exit(1)
