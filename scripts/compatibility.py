#!/usr/bin/env python3
"""Keeps docs/compatibility.md true: measures what the programs do and compares it with the page's tables.

  scripts/compatibility.py --check --bin build/release/bin    exit 1 and a list when the page says otherwise
  scripts/compatibility.py --write --bin build/release/bin    rewrite the page's answers

The rows are the page's own; only the columns of answers are measured. A member is started on free loopback ports with
its data in a temporary directory. Needs curl for HTTP/2.
"""

import argparse
import concurrent.futures
import http.client
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import time

from free_ports import free_ports

PAGE = pathlib.Path(__file__).resolve().parent.parent / "docs" / "compatibility.md"
EXIT_SKIPPED = 77
START_SECONDS_MAX = 60
STOP_SECONDS_MAX = 10
# A stream that is still open after this is one that the server knows.
CALL_SECONDS_MAX = 5
GRPC_UNIMPLEMENTED = 12
# Commands that talk to no server.
NO_CALLS = "none"
# A cell that has nothing to say.
NONE = "-"


class Page:
    """The tables of a Markdown file, by section title; writing puts cells back in place."""

    def __init__(self, path):
        self.path = path
        self.lines = path.read_text(encoding="utf-8").splitlines()
        self.tables = {}  # title -> list of (line number, {column: cell})
        title, columns = None, None
        for number, line in enumerate(self.lines):
            if line.startswith("## "):
                title, columns = line[3:].strip(), None
            elif not line.startswith("|"):
                columns = None
            elif columns is None:
                columns = self.cells(line)
                self.tables[title] = []
            elif not set(line) <= set("|-: "):
                self.tables[title].append((number, dict(zip(columns, self.cells(line)))))

    @staticmethod
    def cells(line):
        return [cell.strip() for cell in line.strip().strip("|").split("|")]

    def rows(self, title):
        return [dict(row) for _, row in self.tables[title]]

    def replace(self, title, rows):
        for (number, _), row in zip(self.tables[title], rows):
            self.lines[number] = "| " + " | ".join(row.values()) + " |"

    def save(self):
        self.path.write_text("\n".join(self.lines) + "\n", encoding="utf-8")


def bare(cell):
    return cell.strip("`")


def yes_no(truth):
    return "yes" if truth else "no"


class Member:
    """A running member; `client` is its client port."""

    def __init__(self, program, directory):
        self.client, peer_port = free_ports(2)
        client = f"http://127.0.0.1:{self.client}"
        peer = f"http://127.0.0.1:{peer_port}"
        environment = {name: value for name, value in os.environ.items()
                       if not name.startswith(("ETCD_", "QUORATE_"))}
        self.log = open(os.path.join(directory, "log"), "w+", encoding="utf-8", errors="replace")
        self.process = subprocess.Popen(
            [program, "--name=compat", f"--data-dir={directory}/data", f"--listen-client-urls={client}",
             f"--advertise-client-urls={client}", f"--listen-peer-urls={peer}",
             f"--initial-advertise-peer-urls={peer}"],
            stdin=subprocess.DEVNULL, stdout=self.log, stderr=self.log, env=environment)
        try:
            self.wait_until_healthy()
        except BaseException:
            self.stop()
            raise

    def wait_until_healthy(self):
        deadline = time.monotonic() + START_SECONDS_MAX
        while self.process.poll() is None and time.monotonic() < deadline:
            status, _ = self.http("GET", "/health")
            if status == 200:
                return
            time.sleep(0.05)
        self.log.seek(0)
        raise RuntimeError("the member did not become healthy; its log ends:\n" + self.log.read()[-2000:])

    def stop(self):
        self.process.terminate()
        try:
            self.process.wait(STOP_SECONDS_MAX)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.log.close()

    def http(self, method, path, body=None):
        """(status, body); status 0 when there was no connection, 200 when an answer began and did not end."""
        connection = http.client.HTTPConnection("127.0.0.1", self.client, timeout=CALL_SECONDS_MAX)
        try:
            connection.request(method, path, body)
            answer = connection.getresponse()
            try:
                return answer.status, answer.read().decode("utf-8", "replace")
            except (OSError, http.client.HTTPException):
                return answer.status, ""
        except TimeoutError:
            return 200, ""
        except (OSError, http.client.HTTPException):
            return 0, ""
        finally:
            connection.close()

    def grpc_status(self, method, message=b""):
        """The gRPC status of a call with one message; None when it was still open at the end of the time."""
        frame = b"\0" + len(message).to_bytes(4, "big") + message
        result = subprocess.run(
            ["curl", "--silent", "--http2-prior-knowledge", "--max-time", str(CALL_SECONDS_MAX), "--request", "POST",
             "--header", "content-type: application/grpc", "--header", "te: trailers", "--data-binary", "@-",
             "--output", os.devnull, "--dump-header", "-", f"http://127.0.0.1:{self.client}/{method}"],
            input=frame, stdout=subprocess.PIPE, check=False)
        found = re.search(rb"^grpc-status: *(\d+)", result.stdout, re.MULTILINE | re.IGNORECASE)
        if found:
            return int(found.group(1))
        curl_timed_out = 28
        return None if result.returncode == curl_timed_out else GRPC_UNIMPLEMENTED


def full_method(service, method):
    package = {"Lock": "v3lockpb", "Election": "v3electionpb"}.get(service, "etcdserverpb")
    return f"{package}.{service}/{method}"


def has_gateway_path(member, path):
    status, body = member.http("POST", path, "{}")
    # A known path may well answer that the lease or member of an empty request is not found.
    return status not in (0, 404, 405) or "etcdserver: " in body


def varint(number):
    out = b""
    while number >= 0x80:
        out += bytes([number & 0x7f | 0x80])
        number >>= 7
    return out + bytes([number])


def telling_requests(member):
    """Requests that etcd carries out, for methods that look at an empty one first and refuse it."""
    url = b"http://127.0.0.1:1"
    server_id = re.search(r'etcd_server_id\{server_id="([0-9a-f]+)"\}', member.http("GET", "/metrics")[1])
    own_id = int(server_id.group(1), 16) if server_id else 0
    return {"Cluster/MemberAdd": b"\x0a" + varint(len(url)) + url,
            "Cluster/MemberUpdate": b"\x08" + varint(own_id) + b"\x12" + varint(len(url)) + url}


def measure_methods(member, page):
    """{'KV/Put': True} for every method of the page, and the page's rows with their answers."""
    rows = page.rows("gRPC methods")
    requests = telling_requests(member)
    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        statuses = list(pool.map(lambda row: member.grpc_status(full_method(row["Service"], row["Method"]),
                                                           requests.get(f"{row['Service']}/{row['Method']}", b"")),
                               rows))
        # A path may be an alias: all of a row's paths must answer.
        paths = [[] if row["Gateway"] == NONE else bare(row["Gateway"]).split() for row in rows]
        gateway = list(pool.map(lambda all_paths: all(has_gateway_path(member, path) for path in all_paths), paths))
    works = {}
    for row, status, json_works, all_paths in zip(rows, statuses, gateway, paths):
        works[f"{row['Service']}/{row['Method']}"] = status != GRPC_UNIMPLEMENTED
        row["gRPC"] = yes_no(status != GRPC_UNIMPLEMENTED)
        row["JSON"] = yes_no(json_works) if all_paths else NONE
    return works, rows


def measure_flags(server, page):
    text = subprocess.run([server, "--help"], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=True,
                          text=True).stdout
    answers, answer = {}, "yes"
    for line in text.splitlines():
        if line.startswith("Accepted, without effect"):
            answer = "no effect"
        elif line.startswith("Not yet supported"):
            answer = "not yet"
        elif found := re.match(r"  --([a-z0-9-]+)", line):
            answers[found.group(1)] = answer
    rows = page.rows("Flags")
    for row in rows:
        row["Here"] = answers.pop(bare(row["Flag"]).lstrip("-"), "unknown")
    if answers:
        raise RuntimeError(f"flags that --help lists and the page does not: {', '.join(answers)}")
    return rows


def measure_endpoints(member, page):
    rows = page.rows("HTTP endpoints")
    for row in rows:
        status, _ = member.http("GET", bare(row["Path"]).split(" ")[0])
        row["Works"] = yes_no(status == 200)
    return rows


def parse_metrics(text):
    """{family: (type, set of label names)}"""
    families = {}
    for line in text.splitlines():
        if found := re.match(r"# TYPE (\S+) (\S+)", line):
            families[found.group(1)] = (found.group(2), set())
        elif found := re.match(r"([a-zA-Z_:][\w:]*)(?:\{(.*)\})? ", line):
            name = found.group(1)
            for family in (name, re.sub(r"_(bucket|sum|count)$", "", name)):
                if family in families:
                    labels = re.findall(r"(\w+)=\"", found.group(2) or "")
                    families[family][1].update(label for label in labels if label not in ("le", "quantile"))
    return families


def measure_metrics(member, page):
    # Families with labels appear with their first sample: one good call of each kind.
    key, value = b"\x0a\x01k", b"\x12\x01v"
    for method, message in (("Put", key + value), ("Range", key), ("DeleteRange", key), ("Txn", b"")):
        member.grpc_status(f"etcdserverpb.KV/{method}", message)
    families = parse_metrics(member.http("GET", "/metrics")[1])
    rows = page.rows("Metrics")
    for row in rows:
        kind, labels = families.get(bare(row["Name"]), ("", set()))
        wanted = set() if row["Labels"] == NONE else set(bare(row["Labels"]).split(","))
        row["Works"] = yes_no(kind == row["Type"] and wanted <= labels)
    return rows


def measure_errors(server, page):
    # Only the text is looked for, neither its code nor when it is answered: the compiler leaves out a message that
    # nothing in the program uses. The zero that ends a string in C keeps it from being found at the beginning of a
    # longer one.
    binary = pathlib.Path(server).read_bytes()
    rows = page.rows("Errors")
    for row in rows:
        row["Works"] = yes_no(bare(row["Message"]).encode() + b"\0" in binary)
    return rows


def lists_command(program, words):
    """Whether the help of the command above lists the last word at the start of a line."""
    if not os.path.exists(program):
        return False
    result = subprocess.run([program, *words[:-1], "--help"], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                            stderr=subprocess.STDOUT, check=False, text=True, errors="replace")
    return re.search(rf"^\s+{re.escape(words[-1])}\b", result.stdout, re.MULTILINE) is not None


def has_command(program, words):
    # A group that is missing must not pass for its parent.
    return all(lists_command(program, words[:count]) for count in range(1, len(words) + 1))


def measure_etcdctl(directory, page, works):
    rows = page.rows("Commands of etcdctl")
    for row in rows:
        calls = bare(row["Calls"])
        row["etcdctl"] = yes_no(calls == NO_CALLS or all(works.get(call, False) for call in calls.split()))
        row["quoratectl"] = yes_no(has_command(os.path.join(directory, "quoratectl"), bare(row["Command"]).split()))
    return rows


def measure_etcdutl(directory, page):
    rows = page.rows("Commands of etcdutl")
    for row in rows:
        row["quorateutl"] = yes_no(has_command(os.path.join(directory, "quorateutl"), bare(row["Command"]).split()))
    return rows


def measure(page, directory):
    """{section title: its rows with the true answers}"""
    server = os.path.join(directory, "quorate")
    truth = {"Flags": measure_flags(server, page), "Errors": measure_errors(server, page)}
    with tempfile.TemporaryDirectory(prefix="quorate-compat-") as scratch:
        member = Member(server, scratch)
        try:
            truth["HTTP endpoints"] = measure_endpoints(member, page)
            truth["Metrics"] = measure_metrics(member, page)
            works, truth["gRPC methods"] = measure_methods(member, page)
        finally:
            member.stop()
    truth["Commands of etcdctl"] = measure_etcdctl(directory, page, works)
    truth["Commands of etcdutl"] = measure_etcdutl(directory, page)
    return truth


def differences(page, truth):
    for title, rows in truth.items():
        for (_, said), measured in zip(page.tables[title], rows):
            what = " ".join(list(said.values())[:2])
            for column, answer in measured.items():
                if said[column] != answer:
                    yield f"{title}: {what}: the page says {column} '{said[column]}', the programs say '{answer}'"


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    action = parser.add_mutually_exclusive_group(required=True)
    action.add_argument("--check", action="store_true", help="compare the page with the programs")
    action.add_argument("--write", action="store_true", help="rewrite the page's answers")
    parser.add_argument("--bin", required=True, help="directory of the programs")
    parser.add_argument("--page", type=pathlib.Path, default=PAGE)
    arguments = parser.parse_args()
    if shutil.which("curl") is None:
        print("compatibility.py: skipped: curl is not installed")
        return EXIT_SKIPPED
    page = Page(arguments.page)
    truth = measure(page, arguments.bin)
    found = list(differences(page, truth))
    for difference in found:
        print(difference)
    if arguments.write:
        for title, rows in truth.items():
            page.replace(title, rows)
        page.save()
        return 0
    print(f"{len(found)} differences between {arguments.page.name} and the programs")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
