"""Who may change something: whoever shows the token, by a header or after signing in."""

import hmac
from collections.abc import Container
from http import HTTPStatus
from math import ceil
from time import time
from typing import Annotated, Final
from urllib.parse import quote, urlsplit

from fastapi import Depends, Request, Response, Security
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from itsdangerous import BadSignature, URLSafeTimedSerializer
from limits import RateLimitItemPerMinute
from limits.storage import MemoryStorage
from limits.strategies import MovingWindowRateLimiter
from pydantic import SecretStr
from starlette.exceptions import HTTPException

BAD_TOKENS: Final = RateLimitItemPerMinute(5)
"""How often one address may show a bad token before it has to wait."""

SESSION_SECONDS: Final = 8 * 3_600
COOKIE: Final = "ipg12"

CHALLENGE: Final = {"WWW-Authenticate": "Bearer"}

CLOSED: Final = (
    "nothing can be changed here: the dashboard was started without a token; "
    "set IPG12_API_TOKEN or IPG12_API_TOKEN_FILE and start it again"
)

_bearer = HTTPBearer(auto_error=False, description="The value of IPG12_API_TOKEN.")


class Access:
    """Tells who may change something."""

    def __init__(self, token: SecretStr | None, names: Container[str]) -> None:
        """Take the token that has to be shown, without which nothing may be changed.

        `names` are those under which a proxy serves the pages.
        """
        self._names = names
        self._token = token.get_secret_value() if token else None
        self._limiter = MovingWindowRateLimiter(MemoryStorage())
        self._sessions = URLSafeTimedSerializer(self._token or "", salt="ipg12 session")

    @property
    def open(self) -> bool:
        """Whether anybody may change anything."""
        return self._token is not None

    def verify(self, request: Request, shown: str | None) -> None:
        """See that a token is right. Raises HTTPException."""
        if self._token is None:
            raise HTTPException(HTTPStatus.FORBIDDEN, CLOSED)
        address = request.client.host if request.client else ""
        if not self._limiter.test(BAD_TOKENS, address):
            wait = max(1, ceil(self._limiter.get_window_stats(BAD_TOKENS, address)[0] - time()))
            raise HTTPException(
                HTTPStatus.TOO_MANY_REQUESTS,
                f"too many wrong tokens; wait {wait} seconds",
                {"Retry-After": str(wait)},
            )
        if shown is None:
            raise HTTPException(HTTPStatus.UNAUTHORIZED, "this needs the token", CHALLENGE)
        if not hmac.compare_digest(shown.encode(), self._token.encode()):
            self._limiter.hit(BAD_TOKENS, address)
            raise HTTPException(HTTPStatus.UNAUTHORIZED, "the token is wrong", CHALLENGE)

    def ours(self, origin: str, host: str) -> bool:
        """Tell whether a form comes from a page of ours, when it was sent to a host."""
        site = urlsplit(origin)
        return site.netloc == host or site.hostname in self._names

    def sign_in(self, request: Request, response: Response, name: str) -> None:
        """Remember somebody who has shown the token."""
        response.set_cookie(
            COOKIE,
            self._sessions.dumps(name),
            max_age=SESSION_SECONDS,
            httponly=True,
            samesite="strict",
            secure=request.url.scheme == "https",
        )

    def name(self, request: Request) -> str | None:
        """Give who has signed in; None where nobody has, or it is too long ago."""
        if self._token is None or COOKIE not in request.cookies:
            return None
        try:
            return str(self._sessions.loads(request.cookies[COOKIE], max_age=SESSION_SECONDS))
        except BadSignature:
            return None


async def _access(request: Request) -> Access:
    found: Access = request.app.state.access
    return found


TheAccess = Annotated[Access, Depends(_access)]


async def shown_token(
    request: Request,
    shown: Annotated[HTTPAuthorizationCredentials | None, Security(_bearer)],
    access: TheAccess,
) -> None:
    """See that a request shows the token. Raises HTTPException."""
    access.verify(request, shown.credentials if shown else None)


async def signed_in(request: Request, access: TheAccess) -> str:
    """Give who has signed in. Raises HTTPException, which leads to where that is done."""
    if not access.open:
        raise HTTPException(HTTPStatus.FORBIDDEN, CLOSED)
    name = access.name(request)
    if name is None:
        where = {"Location": f"/sign-in?to={quote(request.url.path)}"}
        raise HTTPException(HTTPStatus.SEE_OTHER, "sign in first", where)
    return name


async def same_origin(request: Request, access: TheAccess) -> None:
    """See that a form was sent from a page of ours. Raises HTTPException."""
    origin = request.headers.get("origin")
    if origin is not None and not access.ours(origin, request.headers.get("host", "")):
        raise HTTPException(HTTPStatus.FORBIDDEN, "this form was sent from another site's page")
