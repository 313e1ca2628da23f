"""The fields of forms that list repositories: of projects, of their chroots, and of custom sources."""

from __future__ import annotations

from urllib.parse import urlparse

from ..engine.store import Store
from . import forms
from .forms import Field, Given, Invalid
from .storing import require_storable


def repository_field(store: Store) -> Field:
    """Return a field for URLs of repositories, where those of Copr must exist."""
    return Field(
        forms.text,
        filters=[forms.one_per_line],
        validators=[forms.each_url(forms.is_repository), _each_known_project(store)],
    )


def _each_known_project(store: Store) -> forms.Validator:
    def validate(given: Given) -> None:
        for word in given.value.split():
            parsed = urlparse(word)
            full_name = parsed.netloc + parsed.path.rstrip("/")
            if parsed.scheme == "copr" and forms.is_repository(parsed) and full_name not in store.projects:
                require_storable([full_name])
                raise Invalid(f"{word} does not exist.")

    return validate
