"""Servers under measurement, each a process of ours with a data directory of its own, and quorate-bench against them."""

import json
import os
import pathlib
import resource
import shutil
import signal
import subprocess
import tempfile
import time

from free_ports import free_ports

START_TIMEOUT_S = 120
STOP_TIMEOUT_S = 120
# What a run may take beyond the time it was asked to measure: preparing a million keys on a slow disk.
RUN_TIMEOUT_S = 3600
# Both hold the largest case; etcd's default is 2 GiB.
QUOTA_BYTES = 16 << 30


class Failed(Exception):
    """A server or a run that failed, with a line that says how."""


def raise_file_limit():
    """10,000 connections need as many descriptors on each side."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


class Bench:
    """Runs quorate-bench."""

    def __init__(self, program):
        self.program = program

    def command(self, flags):
        return [str(self.program), *flags.split()]

    def run(self, flags, refusals=frozenset()):
        """`refusals`: the gRPC statuses that are a figure, and not a failure."""
        done = subprocess.run(self.command(flags), capture_output=True, text=True, timeout=RUN_TIMEOUT_S, check=False)
        try:
            figures = json.loads(done.stdout)
        except ValueError:
            raise Failed(f"quorate-bench {flags}: {done.stderr.strip() or done.returncode}") from None
        errors = set(figures.get("errors", {}))
        if errors - refusals:
            raise Failed(f"quorate-bench {flags}: {figures['errors']}")
        if figures.get("never_sent"):
            raise Failed(f"quorate-bench {flags}: {figures['never_sent']} requests were never sent")
        if figures.get("delivery", {}).get("missing"):
            raise Failed(f"quorate-bench {flags}: {figures['delivery']['missing']} events never arrived")
        return figures


class Server:
    """One member with a fresh data directory. Ends, and is removed, with the `with` statement."""

    def __init__(self, binary, out, bench):
        self.binary = binary
        self.bench = bench
        self.directory = pathlib.Path(tempfile.mkdtemp(prefix="data.", dir=out))
        client, peer = free_ports(2)
        self.url = f"http://127.0.0.1:{client}"
        self.peer_url = f"http://127.0.0.1:{peer}"
        self.process = None

    def __enter__(self):
        try:
            self.start()
            return self
        except BaseException:
            self.__exit__()
            raise

    def __exit__(self, *_):
        self.stop()
        shutil.rmtree(self.directory, ignore_errors=True)

    @property
    def pid(self):
        return self.process.pid

    def start(self):
        """Starts it and returns the milliseconds to the first linearizable Get."""
        since = time.monotonic_ns()
        with open(self.directory / "log", "ab") as log:
            self.process = subprocess.Popen(
                [str(self.binary), "--name", "bench", "--data-dir", str(self.directory / "member"),
                 "--listen-client-urls", self.url, "--advertise-client-urls", self.url,
                 "--listen-peer-urls", self.peer_url, "--initial-advertise-peer-urls", self.peer_url,
                 "--initial-cluster", f"bench={self.peer_url}", "--quota-backend-bytes", str(QUOTA_BYTES)],
                stdout=log, stderr=log)
        waiting = subprocess.Popen(self.bench.command(f"first-get --endpoints {self.url} --since {since}"),
                                   stdout=subprocess.PIPE, text=True)
        give_up = time.monotonic() + START_TIMEOUT_S
        while waiting.poll() is None:
            if self.process.poll() is not None or time.monotonic() > give_up:
                waiting.kill()
                waiting.wait()
                raise Failed(f"{self.binary} did not start: {self.last_lines()}")
            time.sleep(0.01)
        return json.loads(waiting.stdout.read())["first_get_ms"]

    def stop(self, how=signal.SIGTERM):
        if self.process is None or self.process.poll() is not None:
            return
        self.process.send_signal(how)
        try:
            self.process.wait(STOP_TIMEOUT_S)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()

    def last_lines(self):
        with open(self.directory / "log", encoding="utf-8", errors="replace") as log:
            return " / ".join(line.strip() for line in log.readlines()[-3:])

    def run(self, flags, **how):
        return self.bench.run(f"{flags} --endpoints {self.url} --server-pid {self.pid} --json", **how)

    def cpu_ns(self):
        """CPU time so far, finer than the clock ticks of /proc/<pid>/stat."""
        total = 0
        for task in os.scandir(f"/proc/{self.pid}/task"):
            with open(f"{task.path}/schedstat", encoding="ascii") as file:
                total += int(file.read().split()[0])
        return total

    def resident_bytes(self):
        with open(f"/proc/{self.pid}/status", encoding="ascii") as file:
            for line in file:
                if line.startswith("VmRSS:"):
                    return int(line.split()[1]) * 1024
        raise Failed(f"{self.binary} has no resident memory")
