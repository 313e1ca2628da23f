"""Faker generates Copr's data, in its own fixture and in the kit's."""

from __future__ import annotations

import pytest

from .runs import Run


@pytest.mark.slow
def test_copr_faker_is_faker_with_the_provider(run: Run) -> None:
    """Seed, locales and overriding fixtures are Faker's own."""
    run(
        """
from faker import Faker

GENERATED = []

@pytest.mark.parametrize("time", [1, 2])
def test_same_seed_same_data(copr_faker, copr_fake, time):
    GENERATED.append(copr_faker.copr_scenario(3))
    copr_fake.add_scenario(GENERATED[-1])
    assert GENERATED[0] == GENERATED[-1] and len(copr_fake.builds) == 3

def test_fixtures_are_the_same_object(copr_faker, faker):
    assert copr_faker is faker
    assert [type(provider).__name__ for provider in faker.get_providers()].count("CoprProvider") == 1

class TestAnotherSeed:
    @pytest.fixture(autouse=True)
    def faker_seed(self):
        return 7

    def test_different_data(self, copr_faker):
        assert copr_faker.copr_scenario(3) != GENERATED[0]

class TestManyLocales:
    @pytest.fixture(autouse=True)
    def faker_locale(self):
        return ["en_US", "cs_CZ"]

    def test_every_locale_has_the_provider(self, copr_faker):
        assert {copr_faker["cs_CZ"].copr_group()[0], copr_faker.copr_group()[0]} == {"@"}

class TestOverriddenFixture:
    @pytest.fixture
    def faker(self):
        return Faker("de_DE")

    def test_is_not_changed(self, faker):
        assert not hasattr(faker, "copr_owner")

    def test_gets_the_provider_through_copr_faker(self, faker, copr_faker):
        assert copr_faker is faker and faker.copr_owner()
"""
    ).assert_outcomes(passed=7)


@pytest.mark.slow
def test_faker_fixture_does_not_import_the_fake(run: Run) -> None:
    """The provider exists nevertheless."""
    run.in_subprocess(
        """
import sys

def test_faker(faker):
    assert "copr_chroot_fake.fake" not in sys.modules
    assert "-" in faker.copr_mock_chroot()
""",
        "-p",
        "no:respx",
    ).assert_outcomes(passed=1)


def test_copr_faker_without_faker_names_the_extra(run: Run) -> None:
    """Other fixtures still work."""
    result = run("def test_it(copr_faker): pass\ndef test_other(copr_fake): pass\n", "-p", "no:faker")
    result.assert_outcomes(errors=1, passed=1)
    result.stdout.fnmatch_lines(
        ["*copr_faker needs Faker with its pytest plugin*pip install 'copr-chroot-fake?faker?'*"]
    )
