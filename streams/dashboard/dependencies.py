"""Dependencies of the routes on the application's state."""

from typing import Annotated, Any

from fastapi import Depends, Request

from streams.dashboard.actions import AlertActions
from streams.dashboard.broadcast import Broadcast
from streams.dashboard.pages import Pages
from streams.dashboard.read_model import ReadModel
from streams.validation.reading.hl7 import Hl7Fields


def _from_state(name: str) -> Any:  # noqa: ANN401  # FastAPI's dependencies are of any type
    """Return a dependency on an attribute of the application's state."""

    async def get(request: Request) -> object:
        return getattr(request.app.state, name)

    return Depends(get)


ReadModelDep = Annotated[ReadModel, _from_state("read_model")]
BroadcastDep = Annotated[Broadcast, _from_state("broadcast")]
ActionsDep = Annotated[AlertActions, _from_state("actions")]
PagesDep = Annotated[Pages, _from_state("pages")]
Hl7FieldsDep = Annotated[Hl7Fields, _from_state("hl7_fields")]
MaxRecordBytesDep = Annotated[int, _from_state("max_record_bytes")]


async def _complete_read_model(read_model: ReadModelDep) -> ReadModel:
    """Return the read model once it is complete. Raises OperatorError until then."""
    read_model.verify_complete()
    return read_model


CompleteReadModelDep = Annotated[ReadModel, Depends(_complete_read_model)]
