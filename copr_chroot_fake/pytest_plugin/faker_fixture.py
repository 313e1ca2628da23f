"""How Faker's own fixture gets what Copr has; loads neither the fake nor what makes anything up. PYTEST_DONT_REWRITE"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from ..errors import MissingExtraError

if TYPE_CHECKING:
    from faker import Faker


def own_faker(request: pytest.FixtureRequest) -> Faker:
    """Whatever fixture of that name a test sees: Faker's own, unless somebody has another."""
    try:
        faker: Faker = request.getfixturevalue("faker")
    except pytest.FixtureLookupError as error:
        if error.argname != "faker":
            raise
        raise MissingExtraError("copr_faker", "Faker with its pytest plugin", "faker") from None
    join_faker(faker)
    return faker


def join_faker(faker: Faker) -> None:
    """Let a Faker have the provider, once, whatever locales it has; it is loaded only here."""
    from ..generate.provider import CoprProvider

    for factory in faker.factories:
        if not any(isinstance(provider, CoprProvider) for provider in factory.get_providers()):
            factory.add_provider(CoprProvider)
