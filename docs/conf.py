"""Sphinx configuration of the documentation site (``make docs``). The pages are also readable as Markdown."""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import Annotated, Literal, get_args, get_origin

from sphinx.application import Sphinx
from sphinx.util.inspect import TypeAliasForwardRef
from sphinx.util.typing import stringify_annotation

import copr_chroot_fake
from copr_chroot_fake import __version__

project = "copr-chroot-fake"
author = "The copr-chroot-fake developers"
version = release = __version__

root_doc = "docs/index"
include_patterns = [
    "docs/**",
    "fixtures/README.md",
    "examples/**.md",
    "CHANGELOG.md",
    "CODE_OF_CONDUCT.md",
    "CONTRIBUTING.md",
    "SECURITY.md",
]
# docs/index.rst includes README.md; the directories have no pages.
exclude_patterns = ["docs/README.md", ".git", ".nox", ".venv", "build"]

extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx_click"]

# Headings down to this level get anchors, as on GitHub.
myst_heading_anchors = 4

autodoc_default_options = {"members": True, "inherited-members": True, "member-order": "groupwise"}
autodoc_typehints = "signature"
python_maximum_signature_line_length = 100
python_use_unqualified_type_names = True


_PUBLIC_NAMES = re.findall(
    r"^copr_chroot_fake\.(\w+\.\w+)",
    (Path(__file__).parent.parent / "tests/public_names.txt").read_text(),
    re.MULTILINE,
)

# The types that docs/reference describes.
_DESCRIBED = (
    "ChrootsLike Duration EndpointName FaultLike FaultName LifecycleLike LifecycleName PackageLike ProgressLike "
    "SourceType StateName"
)


def _shown_types() -> dict[str, str]:
    """Return how signatures show type aliases: checked values as their type, and those that are described by name."""
    for name in copr_chroot_fake.__all__:
        getattr(copr_chroot_fake, name)
    shown = {"DurationValue": "Duration", "ProgressOption": "ProgressLike"}
    for module in [module for name, module in sys.modules.items() if name.startswith("copr_chroot_fake.")]:
        for name, value in vars(module).items():
            if name in copr_chroot_fake.__all__:
                continue
            if get_origin(value) is Literal:
                shown[name] = stringify_annotation(value)
            elif get_origin(value) is Annotated:
                base = get_args(value)[0]
                shown.setdefault(name, base.__name__ if isinstance(base, type) else stringify_annotation(base, "smart"))
    return {**shown, **{name: name for name in _DESCRIBED.split()}}


autodoc_type_aliases = _shown_types()
# Sphinx would show an alias in a union as its internal object.
TypeAliasForwardRef.__repr__ = lambda self: self.name  # type: ignore[method-assign]


def _show_types(
    _app: Sphinx, _what: str, _name: str, _obj: object, _options: object, *texts: str | None
) -> tuple[str | None, ...]:
    """Replace the aliases in annotations that Sphinx has not evaluated."""
    return tuple(
        text and re.sub(r"\w+", lambda word: autodoc_type_aliases.get(word[0], word[0]), text) for text in texts
    )


def _is_hidden(app: Sphinx, _what: str, name: str, *_: object) -> bool | None:
    """Whether a member is not public: one of Python's own classes, or for other modules."""
    owner = app.env.current_document.autodoc_class
    return None if name.startswith("__") or f"{owner}.{name}" in _PUBLIC_NAMES else True


def setup(app: Sphinx) -> None:
    """Register what changes signatures."""
    app.connect("autodoc-process-signature", _show_types)
    app.connect("autodoc-skip-member", _is_hidden)


html_theme = "furo"
html_title = f"{project} {version}"
# The link "edit this page", once `make address` has written the address of the repository.
# address
# end of address
html_static_path = ["_static"]
html_css_files = ["site.css"]
# The first page of the site is in docs.
html_additional_pages = {"index": "redirect.html"}
templates_path = ["_templates"]

# Two hyphens begin an option, and are no dash.
smartquotes = False

# The man page of the command, which has the version in place of a date, so that it changes only with the code.
man_pages = [("docs/reference/command-line", "copr-chroot-fake", "a fake of Fedora Copr's API, for tests", author, 1)]
today = version
