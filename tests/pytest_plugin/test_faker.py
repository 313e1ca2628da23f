"""Faker has what Copr has, in its own fixture and in the kit's."""

from __future__ import annotations

from .runs import Run


def test_faker_makes_up_what_copr_has(run: Run) -> None:
    """In a fixture of the kit's and in Faker's own, which are one, with its seed and its locales."""
    run(
        """
from faker import Faker

MADE = []

@pytest.mark.parametrize("time", [1, 2])
def test_makes_the_same_each_time(copr_faker, copr_fake, time):
    MADE.append(copr_faker.copr_scenario(3))
    copr_fake.add_scenario(MADE[-1])
    assert MADE[0] == MADE[-1] and len(copr_fake.builds) == 3

def test_both_are_one(copr_faker, faker):
    assert copr_faker is faker
    assert [type(provider).__name__ for provider in faker.get_providers()].count("CoprProvider") == 1

class TestAnotherSeed:
    @pytest.fixture(autouse=True)
    def faker_seed(self):
        return 7

    def test_makes_something_else(self, copr_faker):
        assert copr_faker.copr_scenario(3) != MADE[0]

class TestManyLocales:
    @pytest.fixture(autouse=True)
    def faker_locale(self):
        return ["en_US", "cs_CZ"]

    def test_has_it_in_each(self, copr_faker):
        assert {copr_faker["cs_CZ"].copr_group()[0], copr_faker.copr_group()[0]} == {"@"}

class TestAFixtureOfOnesOwn:
    @pytest.fixture
    def faker(self):
        return Faker("de_DE")

    def test_is_left_alone(self, faker):
        assert not hasattr(faker, "copr_owner")

    def test_is_joined_where_it_is_asked_for(self, faker, copr_faker):
        assert copr_faker is faker and faker.copr_owner()
"""
    ).assert_outcomes(passed=7)


def test_faker_fixture_has_the_provider_and_imports_little(run: Run) -> None:
    """What makes it up is loaded when something is made up."""
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


def test_without_fakers_plugin_copr_faker_names_the_remedy(run: Run) -> None:
    """And nothing else changes."""
    result = run("def test_it(copr_faker): pass\ndef test_other(copr_fake): pass\n", "-p", "no:faker")
    result.assert_outcomes(errors=1, passed=1)
    result.stdout.fnmatch_lines(
        ["*copr_faker needs Faker with its pytest plugin*pip install 'copr-chroot-fake?faker?'*"]
    )
