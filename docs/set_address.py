"""Write the address of the repository everywhere it belongs: ``make address URL=https://github.com/OWNER/NAME``.

Each file marks the place with two comments. What is between them is replaced, so another address can follow.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent

PLACES = {
    "README.md": """\
[![check]({url}/actions/workflows/check.yml/badge.svg)]({url}/actions/workflows/check.yml)

```shell
pip install 'copr-chroot-fake[pytest] @ git+{url}'  # there is no release yet
```
""",
    "CONTRIBUTING.md": """\
```shell
git clone {url}
```
""",
    "SECURITY.md": """\
Please report problems privately, not as a public issue: with [this form]({url}/security/advisories/new).
""",
    "CITATION.cff": "repository-code: {url}\n",
    ".github/ISSUE_TEMPLATE/config.yml": """\
contact_links:
  - name: A security problem
    url: {url}/security/advisories/new
    about: Please report it privately.
""",
    ".github/CODEOWNERS": "* @{owner}/maintainers\n",
    "docs/conf.py": """\
html_theme_options = {{"source_repository": "{url}", "source_branch": "main", "source_directory": ""}}
""",
    "pyproject.toml": """\
[project.urls]
Source = "{url}"
Documentation = "{url}/blob/main/docs/README.md"
Changelog = "{url}/blob/main/CHANGELOG.md"
Issues = "{url}/issues"

# On PyPI, relative links lead nowhere.
[[tool.hatch.metadata.hooks.fancy-pypi-readme.substitutions]]
pattern = '(!\\[[^\\]]*\\]\\()(?!https?:)([^)]*\\))'
replacement = '\\1{url}/raw/main/\\2'

[[tool.hatch.metadata.hooks.fancy-pypi-readme.substitutions]]
pattern = '(\\]\\()(?!https?:)([^)]*\\))'
replacement = '\\1{url}/blob/main/\\2'
""",
}
"""What stands between the comments of each file, once there is an address."""

_PLACE = re.compile(r"^((?:#|<!--) address\b.*\n)((?:.*\n)*?)((?:#|<!--) end of address\b.*\n)", re.MULTILINE)
_ADDRESS = re.compile(r"https://github\.com/(?P<owner>[\w.-]+)/(?P<name>[\w.-]+)")


def set_address(root: Path, url: str) -> None:
    """Write the address into the files below a root.

    :raises ValueError: if it is not the address of a repository on GitHub.
    """
    if (address := _ADDRESS.fullmatch(url)) is None:
        raise ValueError(f"invalid URL {url!r}: expected https://github.com/OWNER/NAME, without a slash at the end")
    for file, text in PLACES.items():
        path = root / file
        before, begin, _, end, after = _PLACE.split(path.read_text())
        path.write_text("".join([before, begin, text.format(url=url, **address.groupdict()), end, after]))


if __name__ == "__main__":
    try:
        set_address(ROOT, *sys.argv[1:])
    except ValueError as error:
        sys.exit(str(error))
