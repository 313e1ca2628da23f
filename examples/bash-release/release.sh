#!/usr/bin/env bash
# usage: release.sh PROJECT URL
set -euo pipefail

if copr-cli build --timeout 3600 "$1" "$2"; then
  echo "released"
else
  echo "not released: $2" >&2
  exit 1
fi
