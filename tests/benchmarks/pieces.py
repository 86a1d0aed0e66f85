"""A long measurement in pieces: each is kept as it comes, so that several calls can share it."""

import json


class Log:
    """Pieces of a measurement by their names, kept in a file of JSON lines."""

    def __init__(self, path):
        lines = path.read_text().splitlines() if path.is_file() else []
        self._path = path
        self._known = {json.dumps(name): found for name, found in map(json.loads, lines)}

    def __contains__(self, name):
        return json.dumps(name) in self._known

    def get(self, name, find=None):
        """What is known under a name; found out if it is not."""
        if name not in self:
            self.add(name, find())
        return self._known[json.dumps(name)]

    def add(self, name, found):
        """Keep a piece."""
        self._known[json.dumps(name)] = found
        with self._path.open("a") as file:
            print(json.dumps([name, found]), file=file)
