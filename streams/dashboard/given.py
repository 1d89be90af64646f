"""What a route is given of the application that it belongs to."""

from typing import Annotated, Any

from fastapi import Depends, Request

from streams.dashboard.clerk import Clerk
from streams.dashboard.notice import Notice
from streams.dashboard.pages import Pages
from streams.dashboard.view import View


def _of_the_app(name: str) -> Any:  # noqa: ANN401  # FastAPI's dependencies are of any type
    """Depend on what the application has under a name."""

    async def give(request: Request) -> object:
        return getattr(request.app.state, name)

    return Depends(give)


TheView = Annotated[View, _of_the_app("view")]
TheNotice = Annotated[Notice, _of_the_app("notice")]
TheClerk = Annotated[Clerk, _of_the_app("clerk")]
ThePages = Annotated[Pages, _of_the_app("pages")]
MaxBytes = Annotated[int, _of_the_app("max_record_bytes")]


async def _whole_view(view: TheView) -> View:
    """Give the view once it has everything. Raises Trouble."""
    view.verify_complete()
    return view


WholeView = Annotated[View, Depends(_whole_view)]
