#!/bin/sh
# One night: begin a campaign of today's name, or go on with the one that a reboot or a stop has cut.
# Write the matrix, the time limit and where messages go; PATH must have `harness`.
set -u
cd "$(dirname "$0")" || exit 1
export PATH="$PWD/.venv/bin:$PATH"

name=$(cat night.name 2> /dev/null || date +night-%F)
echo "$name" > night.name
harness run --matrix night.yaml --name "$name" --deadline 06:30 --report-every 15m
status=$?
case $status in
  # Over, as far as the time limit lets it: tomorrow begins another one.
  0 | 1 | 2) rm -f night.name ;;
esac
exit $status
