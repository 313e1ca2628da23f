"""Sphinx configuration of the documentation site (``make docs``). The pages are also readable as Markdown."""

from __future__ import annotations

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
autodoc_typehints = "both"
autodoc_typehints_description_target = "documented"
python_use_unqualified_type_names = True

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
