"""The time to answer a very long request is linear in its length."""

from __future__ import annotations

import pytest

from copr_chroot_fake import FakeCopr, InputError, Nevra
from copr_chroot_fake.validation.checks import address, chroot_name

LONG = 200_000


@pytest.mark.slow
@pytest.mark.parametrize(
    "target",
    [
        "/api_3/build-chroot/list?build_id=1&order=" + "%FF" * LONG,
        "/api_3/build-chroot/list?build_id=1&order=" + "%ED%A0%80" * LONG,
        "/api_3/build-chroot/list?build_id=" + "9" * LONG,
        "/api_3/build-chroot/list?build_id=1&limit=" + "9" * LONG,
        "/api_3/build-chroot/list?" + "build_id=1&" * LONG,
        "/api_3/build/" + "9" * LONG,
        "/api_3/build/" + "\u0663" * LONG,
        "/results" + "/" * LONG + "a" + "/" * LONG + "b" + "/" * LONG,
        "/results/a/b/c/" + "1" * LONG,
        "/" * LONG,
    ],
    ids=lambda target: target[:50],
)
def test_long_targets_get_a_response(target: str) -> None:
    """Quadratic time would take minutes."""
    fake = FakeCopr()
    fake.add_build(["fedora-41-x86_64"], id=1, state="succeeded")
    assert fake.answer("GET", target).status in (200, 404, 500)


def test_invalid_utf8_in_arguments_stays_escaped() -> None:
    """Incomplete characters and surrogates are invalid, too."""
    fake = FakeCopr()
    fake.answer("GET", "/api_3/build-chroot/list?a=%C3%A9%C3%28%FF+%ED%A0%80%F0%9F%98%80%e2%82")
    assert fake.requests[0].arguments == {"a": "é%C3(%FF %ED%A0%80😀%E2%82"}


@pytest.mark.parametrize("piece", ["a-", "-", "a", "a.", "1:", "-1.", "/", "[", ".-", "a@", "::"])
def test_long_invalid_texts_are_rejected_quickly(piece: str) -> None:
    """No pattern backtracks."""
    text = piece * LONG + " "
    with pytest.raises(InputError):
        chroot_name("name", text)
    for start in ("", "http://", "http://x/", "http://a@"):
        with pytest.raises(InputError):
            address("url", start + text)
    assert Nevra.parse(text + "-") is None
