"""Generate copr_chroot_fake/wire/endpoint_name.py from the declared endpoints (``make docs``)."""

from __future__ import annotations

from copr_chroot_fake.api.routing import ENDPOINTS

HEAD = '''\
"""The names of the endpoints, for type checkers; ``make docs`` generates this module from the declared endpoints."""

from __future__ import annotations

from typing import Literal

EndpointName = Literal['''

FOOT = '''\
]
"""The name of an endpoint: its path without ``/api_3/`` and without parameters."""'''


def main() -> None:
    print(HEAD)
    for name in ENDPOINTS:
        print(f'    "{name}",')
    print(FOOT)


if __name__ == "__main__":
    main()
