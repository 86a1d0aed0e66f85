"""Database servers of this machine's own packages, each in a temporary folder, for tests."""

import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from pathlib import Path

import sqlalchemy

SECRET = "s3cret-Xq7"
"""The password; no output and no file may hold it."""

GUARD = """
while read -r line; do server=$line; done
if [ -n "$server" ]; then
    kill -QUIT "$server"
    for look in 1 2 3 4 5 6 7 8 9 10; do kill -0 "$server" || break; sleep 0.5; done
    kill -KILL "$server"
fi
rm -rf "$1"
"""
"""Reads which server runs, and ends it and removes its folder once nobody writes any more: also
where the tests were killed.
"""


class Server:
    """A server on a free port; the class' attributes say how."""

    scheme = ""
    driver = ""
    admin = ""
    account = ""
    program = ""
    places = ()

    def __init__(self):
        self.programs = self.find()
        self.folder = Path(tempfile.mkdtemp(prefix=f"harness-{self.program}-", dir="/tmp"))
        self.port = _free_port()
        self._process = None
        self._count = 0
        self._as = {}
        if os.geteuid() == 0:
            # These servers refuse to run as root.
            owner = pwd.getpwnam(self.account)
            os.chown(self.folder, owner.pw_uid, owner.pw_gid)
            self._as = {"user": owner.pw_uid, "group": owner.pw_gid, "extra_groups": []}
        self._guard = subprocess.Popen(
            ["/bin/sh", "-c", GUARD, "guard", str(self.folder)],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            text=True,
            start_new_session=True,
            **self._as,
        )
        self.initialize()
        self.start()

    @classmethod
    def find(cls):
        """Folder of the server's programs; None where it is not installed."""
        found = shutil.which(cls.program)
        if found:
            return Path(found).resolve().parent
        for place in cls.places:
            for folder in sorted(Path("/").glob(place.lstrip("/")), reverse=True):
                if (folder / cls.program).exists():
                    return folder
        return None

    @classmethod
    def missing(cls):
        """Why there is no such server here; empty where there is."""
        if cls.find() is None:
            return f"{cls.program} is not installed"
        try:
            __import__(cls.driver)
        except ImportError:
            return f"{cls.driver} is not installed"
        return ""

    def run(self, *command, **more):
        done = subprocess.run(
            [str(self.programs / command[0]), *map(str, command[1:])],
            cwd=self.folder,
            capture_output=True,
            text=True,
            timeout=6000,
            check=False,
            **self._as,
            **more,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    def start(self):
        with (self.folder / "log").open("ab") as log:
            self._process = subprocess.Popen(
                [str(word) for word in self.command()],
                cwd=self.folder,
                stdout=log,
                stderr=log,
                start_new_session=True,
                **self._as,
            )
        self._runs(self._process.pid)
        deadline = time.monotonic() + 600
        while True:
            try:
                self.execute("SELECT 1")
            except sqlalchemy.exc.OperationalError:
                assert self._process.poll() is None, (self.folder / "log").read_text()
                assert time.monotonic() < deadline, (self.folder / "log").read_text()
                time.sleep(0.1)
            else:
                return

    def stop(self, how=signal.SIGTERM):
        self._process.send_signal(how)
        self._process.wait(timeout=600)
        self._runs("")

    def close(self):
        self._process.kill()
        self._process.wait(timeout=600)
        self._runs("")
        self._guard.stdin.close()
        self._guard.wait(timeout=600)

    def _runs(self, pid):
        self._guard.stdin.write(f"{pid}\n")
        self._guard.stdin.flush()

    def url(self, database, password=SECRET):
        word = f":{password}" if password else ""
        return f"{self.scheme}://harness{word}@127.0.0.1:{self.port}/{database}"

    def execute(self, statement, database=None):
        """Run one statement as the administrator; returns the rows, if it has any."""
        url = self.url(database or self.admin)
        if self.scheme == "postgresql":
            url = url.replace("postgresql", "postgresql+psycopg", 1)
        engine = sqlalchemy.create_engine(url, isolation_level="AUTOCOMMIT")
        try:
            with engine.connect() as connection:
                result = connection.execute(sqlalchemy.text(statement))
                return result.fetchall() if result.returns_rows else None
        finally:
            engine.dispose()

    def database(self):
        """Name of a new, empty database."""
        self._count += 1
        name = f"d{self._count}"
        self.execute(f"CREATE DATABASE {name}")
        return name


class Postgres(Server):
    scheme = "postgresql"
    driver = "psycopg"
    admin = "postgres"
    account = "postgres"
    program = "initdb"
    places = ("/usr/lib/postgresql/*/bin", "/usr/local/pgsql/bin")

    def initialize(self):
        secret = self.folder / "secret"
        secret.write_text(SECRET)
        secret.chmod(0o644)
        self.run(
            "initdb", "-D", self.folder / "data", "-U", "harness", "--auth=scram-sha-256",
            "--pwfile", secret, "-E", "UTF8", "--locale=C", "--no-sync",
        )  # fmt: skip
        secret.unlink()

    def command(self):
        return (
            self.programs / "postgres", "-D", self.folder / "data", "-k", self.folder,
            "-p", self.port, "-c", "listen_addresses=127.0.0.1", "-c", "fsync=off",
        )  # fmt: skip

    def stop(self, how=signal.SIGINT):
        # "Fast": hang up on everybody.
        super().stop(how)

    def dump(self, database):
        return self.run(
            "pg_dump", "-h", self.folder, "-p", self.port, "-U", "harness", database,
            env=os.environ | {"PGPASSWORD": SECRET},
        )  # fmt: skip


class MariaDB(Server):
    scheme = "mysql+pymysql"
    driver = "pymysql"
    admin = "mysql"
    account = "mysql"
    program = "mariadbd"
    places = ("/usr/sbin", "/usr/local/mysql/bin")

    def initialize(self):
        subprocess.run(
            [
                "mariadb-install-db", "--no-defaults", f"--datadir={self.folder / 'data'}",
                "--auth-root-authentication-method=normal", "--skip-test-db",
            ],
            check=True, capture_output=True, timeout=6000, **self._as,
        )  # fmt: skip
        grant = self.folder / "grant.sql"
        grant.write_text(
            f"CREATE USER harness@'127.0.0.1' IDENTIFIED BY '{SECRET}';\n"
            "GRANT ALL ON *.* TO harness@'127.0.0.1' WITH GRANT OPTION;\n"
        )
        grant.chmod(0o644)

    def command(self):
        more = [f"--init-file={self.folder / 'grant.sql'}"]
        if self._process is not None:
            more = []
        return (
            self.programs / "mariadbd", "--no-defaults", f"--datadir={self.folder / 'data'}",
            f"--socket={self.folder / 'socket'}", f"--port={self.port}",
            "--bind-address=127.0.0.1", f"--pid-file={self.folder / 'pid'}",
            # One that starts removes the temporary tables of others in its folder.
            f"--tmpdir={self.folder / 'data'}",
            "--innodb-buffer-pool-size=32M", "--skip-name-resolve", *more,
        )  # fmt: skip


def _free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]
