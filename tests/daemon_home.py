"""A home with a real daemon in it, driven as a user would: by the command line and over HTTP."""

import http.client
import json
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent


def binaries(preset):
    """The folder of the programs of a build; HEDDLE_BUILD names another place for the builds."""
    return pathlib.Path(os.environ.get("HEDDLE_BUILD", ROOT / "build")) / preset / "bin"


class UnixConnection(http.client.HTTPConnection):
    def __init__(self, path, timeout=30):
        super().__init__("localhost", timeout=timeout)
        self.path = path

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(self.timeout)
        self.sock.connect(str(self.path))


def wait_for(condition, seconds=30, what="condition"):
    """Polls until condition() is true and returns its value."""
    end = time.monotonic() + seconds
    while True:
        value = condition()
        if value:
            return value
        assert time.monotonic() < end, f"{what} not within {seconds} s"
        time.sleep(0.01)


class Home:
    """One home, its dag folder, and the daemon that serves it (at most one)."""

    def __init__(self, folder, preset="release"):
        self.path = pathlib.Path(folder) / "home"
        self.dags = pathlib.Path(folder) / "dags"
        self.work = pathlib.Path(folder) / "work"
        self.dags.mkdir(parents=True, exist_ok=True)
        self.work.mkdir(parents=True, exist_ok=True)
        self.bin = binaries(preset)
        self.log = pathlib.Path(folder) / "daemon.log"
        self.process = None
        self.user = None  # whose process the daemon is; None = ours

    # --- the daemon

    def spawn(self, env=None, extra=()):
        """Starts a daemon without waiting for it."""
        self.process = subprocess.Popen(
            [self.bin / "heddle", "daemon", "--home", self.path, "--dags", self.dags,
             "--listen", "127.0.0.1:0", *extra],
            stdout=open(self.log, "ab"), stderr=subprocess.STDOUT,
            env={**os.environ, **(env or {})}, cwd="/", start_new_session=True,
            **({} if self.user is None else
               {"user": self.user, "group": self.user, "extra_groups": []}))
        return self.process

    def start(self, env=None, seconds=30):
        self.spawn(env)
        wait_for(lambda: self.ready() or self.process.poll() is not None, seconds, "daemon ready")
        assert self.process.poll() is None, f"daemon ended: {self.log_text()}"
        return self

    def ready(self):
        try:
            return self.http("GET", "/readyz")[0] == 200
        except (OSError, http.client.HTTPException):
            return False

    def kill(self):
        """kill -9 of the daemon alone."""
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()

    def stop(self, seconds=30):
        if self.process is not None and self.process.poll() is None:
            self.process.terminate()
            self.process.wait(seconds)
        return self.process.returncode if self.process else None

    def log_text(self):
        return self.log.read_text(errors="replace") if self.log.exists() else ""

    def port(self):
        import re
        return int(re.findall(r"http://127\.0\.0\.1:(\d+)/", self.log_text())[-1])

    # --- asking it

    def http(self, method, path, body=None, headers=None, timeout=60):
        """(status, parsed JSON or text, headers) over the Unix socket."""
        connection = UnixConnection(self.path / "heddle.sock", timeout)
        try:
            data = json.dumps(body).encode() if isinstance(body, (dict, list)) else body
            connection.request(method, path, data, headers or {})
            answer = connection.getresponse()
            text = answer.read().decode(errors="replace")
            kind = answer.getheader("Content-Type", "")
            return answer.status, json.loads(text) if "json" in kind else text, dict(
                answer.getheaders())
        finally:
            connection.close()

    def cli(self, *words, env=None, timeout=120, stdin=None):
        return subprocess.run(
            [self.bin / "heddle", *map(str, words), "--home", str(self.path)],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, timeout=timeout,
            env={**os.environ, **(env or {})}, input=stdin, errors="replace")

    def trigger(self, dag, *words):
        """Starts a run and returns its id."""
        done = self.cli("trigger", dag, "--json", *words)
        assert done.returncode in (0, 1), done.stderr
        return json.loads(done.stdout)["id"]

    def run(self, run_id):
        status, answer, _ = self.http("GET", f"/api/v1/runs/{run_id}")
        assert status == 200, answer
        return answer

    def wait_run(self, run_id, seconds=60):
        """The run once it has ended."""
        end = time.monotonic() + seconds
        while True:
            try:
                status, run, _ = self.http("GET", f"/api/v1/runs/{run_id}:wait?wait=2s")
            except (OSError, http.client.HTTPException):
                status, run = 0, None
                time.sleep(0.02)
            if status == 200 and run["ended_at"]:
                return run
            assert time.monotonic() < end, f"run not ended: {run}\n{self.log_text()[-3000:]}"

    def task(self, run_id, task):
        status, answer, _ = self.http("GET", f"/api/v1/runs/{run_id}/tasks/{task}")
        assert status == 200, answer
        return answer

    def log_of(self, run_id, task, attempt="latest"):
        status, text, _ = self.http("GET", f"/api/v1/runs/{run_id}/tasks/{task}/attempts/{attempt}/log")
        assert status == 200, text
        return text

    # --- its folder

    def dag(self, name, text):
        path = self.dags / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        return path

    # --- what must not be left

    def processes(self):
        """Every process that belongs to this home: daemon, launcher, shims, tasks."""
        found = {}
        wanted = str(self.path)
        for entry in os.listdir("/proc"):
            if not entry.isdigit():
                continue
            try:
                environ = pathlib.Path("/proc", entry, "environ").read_bytes()
                line = pathlib.Path("/proc", entry, "cmdline").read_bytes()
                state = pathlib.Path("/proc", entry, "stat").read_text().rsplit(")", 1)[1].split()[0]
                fds = [os.readlink(f"/proc/{entry}/fd/{fd}") for fd in os.listdir(f"/proc/{entry}/fd")]
            except OSError:
                continue
            if state == "Z":
                continue
            ours = (f"HEDDLE_RUN_DIR={wanted}/".encode() in environ or
                    any(fd.startswith(wanted + "/") for fd in fds) or wanted.encode() in line)
            if ours and int(entry) != os.getpid():
                found[int(entry)] = line.replace(b"\0", b" ").decode(errors="replace").strip()
        return found

    def shims(self):
        return [pid for pid, line in self.processes().items() if "heddle-shim" in line
                and "launcher" not in line.split()]

    def launcher(self):
        return [pid for pid, line in self.processes().items()
                if line.split()[:2][-1:] == ["launcher"]]

    def idle_scratch(self):
        """Empty scratch folders of runs that have ended; [] without a daemon, which would remove them."""
        if self.process is None or self.process.poll() is not None:
            return []
        empty = [path.name for path in (self.path / "runs").iterdir() if not os.listdir(path)]
        return [name for name in empty
                if self.http("GET", f"/api/v1/runs/{name}")[1].get("ended_at", True)]

    def assert_nothing_left(self, seconds=20):
        """No process but the daemon and its launcher, no record in the spool, no
        scratch folder that nothing uses."""
        def only_ours():
            others = {pid: line for pid, line in self.processes().items()
                      if self.process is None or pid != self.process.pid}
            launchers = self.launcher()
            return all(pid in launchers for pid in others) and len(launchers) <= 1
        wait_for(only_ours, seconds, f"no process left of {self.processes()}")
        wait_for(lambda: not os.listdir(self.path / "spool" / "exit"), seconds, "no record left")
        wait_for(lambda: not self.idle_scratch(), seconds, "no empty scratch folder left")

    def close(self):
        self.stop()
        for pid in self.processes():
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
        shutil.rmtree(self.path, ignore_errors=True)
