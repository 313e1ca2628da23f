"""The handlers of endpoints, which are imported by the first request."""

from __future__ import annotations

import subprocess
import sys
from typing import get_args, get_type_hints

import pytest

from copr_chroot_fake.api.context import RequestContext, Success
from copr_chroot_fake.api.handlers import HANDLERS, TEXT_HANDLERS, find_handler, find_text_handler
from copr_chroot_fake.wire.answer import Answer
from copr_chroot_fake.wire.routes import EndpointName

ENDPOINTS = set(get_args(EndpointName))


def test_each_endpoint_has_one_handler() -> None:
    """Those of results are answered outside the API."""
    assert not HANDLERS.keys() & TEXT_HANDLERS.keys()
    assert HANDLERS.keys() | TEXT_HANDLERS.keys() == ENDPOINTS - {"results"}


@pytest.mark.parametrize("endpoint", sorted(HANDLERS))
def test_handler_answers_in_json(endpoint: EndpointName) -> None:
    assert get_type_hints(find_handler(endpoint)) == {"context": RequestContext, "return": Success}


@pytest.mark.parametrize("endpoint", sorted(TEXT_HANDLERS))
def test_handler_answers_with_text(endpoint: EndpointName) -> None:
    assert find_handler(endpoint) is None
    assert get_type_hints(find_text_handler(endpoint)) == {"context": RequestContext, "return": Answer}


def test_only_used_handlers_are_imported() -> None:
    code = (
        "import sys; from copr_chroot_fake import FakeCopr; fake = FakeCopr(); "
        "fake.add_build(['fedora-43-x86_64'], id=1); "
        "assert fake.answer('GET', '/api_3/build-chroot/1/fedora-43-x86_64').status == 200; "
        "print(sorted(name for name in sys.modules if name.endswith(('.forms', '.submission', '.build_chroots'))))"
    )
    printed = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout
    assert printed.strip() == "['copr_chroot_fake.api.build_chroots']"
