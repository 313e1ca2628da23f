"""What the measured processes inherit: the environment, with Python writing its bytecode, as pip does on installing."""

import os

ENVIRONMENT = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
