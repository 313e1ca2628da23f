"""Run moto's server on the port given as argument."""

from __future__ import annotations

import logging
import sys

from moto.server import main

logging.getLogger("werkzeug").setLevel(logging.ERROR)
main(["-p", sys.argv[1]])
