"""What a route is given of the application that it belongs to."""

from typing import Annotated, Any

from fastapi import Depends, Request

from streams.dashboard.actions import AlertActions
from streams.dashboard.broadcast import Broadcast
from streams.dashboard.pages import Pages
from streams.dashboard.read_model import ReadModel


def _of_the_app(name: str) -> Any:  # noqa: ANN401  # FastAPI's dependencies are of any type
    """Depend on what the application has under a name."""

    async def give(request: Request) -> object:
        return getattr(request.app.state, name)

    return Depends(give)


TheReadModel = Annotated[ReadModel, _of_the_app("view")]
TheBroadcast = Annotated[Broadcast, _of_the_app("notice")]
TheActions = Annotated[AlertActions, _of_the_app("clerk")]
ThePages = Annotated[Pages, _of_the_app("pages")]
MaxBytes = Annotated[int, _of_the_app("max_record_bytes")]


async def _whole_view(view: TheReadModel) -> ReadModel:
    """Give the view once it has everything. Raises OperatorError."""
    view.verify_complete()
    return view


TheCompleteReadModel = Annotated[ReadModel, Depends(_whole_view)]
