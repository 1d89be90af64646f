"""Access control: changes need the token, in a header or by signing in."""

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
"""How many wrong tokens one address may send before it has to wait."""

SESSION_SECONDS: Final = 8 * 3_600
COOKIE: Final = "ipg12"

CHALLENGE: Final = {"WWW-Authenticate": "Bearer"}

READ_ONLY: Final = (
    "this dashboard is read-only because it was started without a token; "
    "set IPG12_API_TOKEN or IPG12_API_TOKEN_FILE and restart it"
)

_bearer = HTTPBearer(auto_error=False, description="The value of IPG12_API_TOKEN.")


class Access:
    """Verifies tokens, and keeps the sessions of signed-in users."""

    def __init__(self, token: SecretStr | None, names: Container[str]) -> None:
        """Store the token; without one, nothing can be changed.

        `names` are the host names under which a proxy serves the pages.
        """
        self._names = names
        self._token = token.get_secret_value() if token else None
        self._limiter = MovingWindowRateLimiter(MemoryStorage())
        self._sessions = URLSafeTimedSerializer(self._token or "", salt="ipg12 session")

    @property
    def can_change(self) -> bool:
        """Whether changes are possible, with the token."""
        return self._token is not None

    def verify(self, request: Request, token: str | None) -> None:
        """Raise HTTPException unless the token is right."""
        if self._token is None:
            raise HTTPException(HTTPStatus.FORBIDDEN, READ_ONLY)
        address = request.client.host if request.client else ""
        if not self._limiter.test(BAD_TOKENS, address):
            wait = max(1, ceil(self._limiter.get_window_stats(BAD_TOKENS, address)[0] - time()))
            raise HTTPException(
                HTTPStatus.TOO_MANY_REQUESTS,
                f"too many wrong tokens; wait {wait} seconds",
                {"Retry-After": str(wait)},
            )
        if token is None:
            raise HTTPException(HTTPStatus.UNAUTHORIZED, "send the token", CHALLENGE)
        if not hmac.compare_digest(token.encode(), self._token.encode()):
            self._limiter.hit(BAD_TOKENS, address)
            raise HTTPException(HTTPStatus.UNAUTHORIZED, "the token is wrong", CHALLENGE)

    def is_same_origin(self, origin: str, host: str) -> bool:
        """Return whether a form that was sent to `host` comes from a page of this dashboard."""
        site = urlsplit(origin)
        return site.netloc == host or site.hostname in self._names

    def sign_in(self, request: Request, response: Response, name: str) -> None:
        """Set the session cookie of a user who has sent the token."""
        response.set_cookie(
            COOKIE,
            self._sessions.dumps(name),
            max_age=SESSION_SECONDS,
            httponly=True,
            samesite="strict",
            secure=request.url.scheme == "https",
        )

    def name(self, request: Request) -> str | None:
        """Return the name of the signed-in user; None without a valid session."""
        if self._token is None or COOKIE not in request.cookies:
            return None
        try:
            return str(self._sessions.loads(request.cookies[COOKIE], max_age=SESSION_SECONDS))
        except BadSignature:
            return None


async def _access(request: Request) -> Access:
    access: Access = request.app.state.access
    return access


AccessDep = Annotated[Access, Depends(_access)]


async def require_token(
    request: Request,
    credentials: Annotated[HTTPAuthorizationCredentials | None, Security(_bearer)],
    access: AccessDep,
) -> None:
    """Raise HTTPException unless the request has the token."""
    access.verify(request, credentials.credentials if credentials else None)


async def require_sign_in(request: Request, access: AccessDep) -> str:
    """Return the name of the signed-in user. Raises HTTPException, a redirect to the sign-in."""
    if not access.can_change:
        raise HTTPException(HTTPStatus.FORBIDDEN, READ_ONLY)
    name = access.name(request)
    if name is None:
        location = {"Location": f"/sign-in?to={quote(request.url.path)}"}
        raise HTTPException(HTTPStatus.SEE_OTHER, "sign in first", location)
    return name


async def require_same_origin(request: Request, access: AccessDep) -> None:
    """Raise HTTPException unless a form was sent from a page of this dashboard."""
    origin = request.headers.get("origin")
    if origin is not None and not access.is_same_origin(origin, request.headers.get("host", "")):
        raise HTTPException(HTTPStatus.FORBIDDEN, "this form was sent from another site")
