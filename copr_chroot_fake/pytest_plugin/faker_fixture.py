"""Adds the kit's provider to Faker's pytest fixture, without importing the fake. PYTEST_DONT_REWRITE"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from ..errors import MissingExtraError

if TYPE_CHECKING:
    from faker import Faker


def faker_with_provider(request: pytest.FixtureRequest) -> Faker:
    """Return the test's ``faker`` fixture, Faker's own or an overriding one, with the provider.

    :raises MissingExtraError: if there is no such fixture.
    """
    try:
        faker: Faker = request.getfixturevalue("faker")
    except pytest.FixtureLookupError as error:
        if error.argname != "faker":
            raise
        raise MissingExtraError("copr_faker", "Faker with its pytest plugin", "faker") from None
    add_provider(faker)
    return faker


def add_provider(faker: Faker) -> None:
    """Add the provider to each locale that does not have it."""
    from ..generate.provider import CoprProvider

    for factory in faker.factories:
        if not any(isinstance(provider, CoprProvider) for provider in factory.get_providers()):
            factory.add_provider(CoprProvider)
