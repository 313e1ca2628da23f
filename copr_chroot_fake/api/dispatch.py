"""Copr's response to a request: the endpoint's handler, with masks and warnings of deprecated methods around it.

Errors come in Copr's order of precedence: route, method, and then those of the handler.
"""

from __future__ import annotations

from collections.abc import Sequence

from ..wire.answer import HTML, Answer, ApiError
from ..wire.target import Target
from . import masks
from .authentication import InvalidLoginError
from .context import RequestContext, Success
from .endpoint import Endpoint, Handler, Model
from .routing import ENDPOINTS


def respond(context: RequestContext, mask: str | None) -> tuple[Answer, Sequence[bytes]]:
    """Return the response and the JSON of the builds or chroots in it.

    :param mask: the header that selects fields of the response.
    """
    target = context.target
    endpoint = None if target.endpoint is None else ENDPOINTS[target.endpoint]
    try:
        if endpoint is None or (context.method not in endpoint.methods and not endpoint.any_method):
            raise _route_error(target)
        if context.method == "OPTIONS" and not endpoint.any_method:
            return _options_response(endpoint, target), ()
        if mask and endpoint.model is not None:
            answer, documents = _masked_response(mask, endpoint.model, endpoint.handler, context)
        else:
            response = endpoint.handler(context)
            if isinstance(response, Answer):
                return response, ()
            answer, documents = response.answer(), response.documents
        if context.method == endpoint.deprecated and answer.status == 200:
            answer = _with_warning(answer, endpoint)
        return answer, documents
    except ApiError as error:
        answer = error.answer()
        if isinstance(error, InvalidLoginError) and endpoint is not None and endpoint.warns_before_login:
            is_deprecated = context.method == endpoint.deprecated
            answer = _with_warning(answer, endpoint) if is_deprecated else answer
        return answer, ()


def _masked_response(
    header: str, model: Model, handler: Handler, context: RequestContext
) -> tuple[Answer, Sequence[bytes]]:
    """Return the response with the fields of a mask; it has the same documents as the whole response."""
    mask = masks.read_mask(header, model)
    if isinstance(mask, Answer):
        # Flask-RESTX reads the mask after the handler has done its work.
        context.is_poll = False
        handler(context)
        return mask, ()
    response = handler(context)
    assert isinstance(response, Success)
    field = response.invalid_field
    shown = field if field and masks.selects(mask, field) else ()
    masked = Success(masks.apply_mask(response.body, mask), response.documents, response.headers, shown)
    return masked.answer(), masked.documents


def _with_warning(answer: Answer, endpoint: Endpoint) -> Answer:
    warning = f"This method is deprecated: Use {endpoint.methods[0]} method instead of {endpoint.deprecated}"
    return answer._replace(headers=(*answer.headers, ("Warning", warning)))


def _route_error(target: Target) -> ApiError:
    """Return the error for an unknown path or a method that the endpoint does not accept."""
    if target.endpoint is None or target.lacks_slash:
        return ApiError(404, "Such API endpoint doesn't exist", compact=True)
    # Only the home page is outside Copr's REST layer.
    compact = target.endpoint == "home"
    return ApiError(405, "The method is not allowed for the requested URL.", compact=compact)


def _options_response(endpoint: Endpoint, target: Target) -> Answer:
    allow = () if target.lacks_slash else (("Allow", ", ".join(endpoint.methods)),)
    return Answer(200, (("Content-Type", HTML), ("Content-Length", "0"), *allow), b"")
