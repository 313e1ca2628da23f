"""How the site is built: ``make docs``. The pages are Markdown, which can also be read without the site."""

from __future__ import annotations

from copr_chroot_fake import __version__

project = "copr-chroot-fake"
author = "The copr-chroot-fake developers"
version = release = __version__

root_doc = "docs/index"
include_patterns = ["docs/**", "fixtures/README.md", "CHANGELOG.md", "SECURITY.md"]
# docs/index.rst includes the first; the others have no pages, and many files.
exclude_patterns = ["docs/README.md", ".git", ".nox", ".venv", "build"]

extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx_click"]

# The depth of headings that get anchors as on other sites.
myst_heading_anchors = 4

autodoc_default_options = {"members": True, "inherited-members": True, "member-order": "groupwise"}
autodoc_typehints = "description"
autodoc_typehints_description_target = "documented"
python_use_unqualified_type_names = True

html_theme = "furo"
html_title = project
