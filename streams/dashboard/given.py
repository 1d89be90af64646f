"""What a route is given of the application that it belongs to."""

from typing import Annotated

from fastapi import Depends, Request

from streams.dashboard.clerk import Clerk
from streams.dashboard.notice import Notice
from streams.dashboard.pages import Pages
from streams.dashboard.view import View


async def _view(request: Request) -> View:
    found: View = request.app.state.view
    return found


async def _whole_view(view: Annotated[View, Depends(_view)]) -> View:
    """Give the view once it has everything. Raises Trouble."""
    view.verify_complete()
    return view


async def _notice(request: Request) -> Notice:
    found: Notice = request.app.state.notice
    return found


async def _clerk(request: Request) -> Clerk:
    found: Clerk = request.app.state.clerk
    return found


async def _pages(request: Request) -> Pages:
    found: Pages = request.app.state.pages
    return found


async def _max_bytes(request: Request) -> int:
    found: int = request.app.state.max_record_bytes
    return found


TheView = Annotated[View, Depends(_view)]
WholeView = Annotated[View, Depends(_whole_view)]
TheNotice = Annotated[Notice, Depends(_notice)]
TheClerk = Annotated[Clerk, Depends(_clerk)]
ThePages = Annotated[Pages, Depends(_pages)]
MaxBytes = Annotated[int, Depends(_max_bytes)]
