#!/usr/bin/python3
"""Attacks a server over raw sockets while another client puts: each attacker is to be cut off with the error that says
why, memory is to stay within the bound named here, and the other client is to be served.

    hostile_clients.py <quorate> [--full] [attack...]

Starts a server of its own in a temporary directory. Without --full the attacks are small and nothing is timed; with it
they have their real size, clients that stall are waited for, and the p99 of the other client's Puts is compared with
what it is while all is quiet. Prints a line for each attack; exit code 1 when one came through.
"""
import argparse
import multiprocessing
import os
import resource
import socket
import struct
import subprocess
import sys
import tempfile
import threading
import time

from http2_frames import (ACK, CANCEL, CONTINUATION, DATA, END_HEADERS, END_STREAM, ENHANCE_YOUR_CALM, HEADERS,
                          INITIAL_WINDOW_SIZE, PING, PREFACE, PRIORITY, RESET, SETTINGS, WINDOW_UPDATE, Client, call,
                          field, frame, integer, literal, put, request_headers, setting)

PUT = "/etcdserverpb.KV/Put"
RANGE = "/etcdserverpb.KV/Range"
WATCH = "/etcdserverpb.Watch/Watch"
MIB = 1 << 20
# A request that has not come whole is given up by then (docs/operations.md), and a little.
REQUEST_PATIENCE_S = 100

ATTACKS = []


class Failure(Exception):
    pass


def attack(bound_mib, timed=True):
    """An attack during which the server may grow by so much. `timed`: nor may it slow the other client down."""
    def register(function):
        ATTACKS.append((function, bound_mib, timed))
        return function
    return register


def expect(condition, what):
    if not condition:
        raise Failure(what)


def expect_calm(client):
    code = client.goaway()
    expect(code == ENHANCE_YOUR_CALM, f"GOAWAY {code}, not ENHANCE_YOUR_CALM")
    expect(not client.alive, "the connection stays open")


def flood(port, frames, before=b"", rounds=2000):
    client = Client(port)
    client.send(before)
    for _ in range(rounds):
        if not client.send(frames):
            break
    expect_calm(client)


@attack(32)
def rapid_reset(port, full):
    client = Client(port)
    for stream in range(1, 200_001, 2):
        if not client.send(call(stream, WATCH) + frame(RESET, 0, stream, struct.pack(">I", CANCEL))):
            break
    expect_calm(client)


@attack(32)
def made_you_reset(port, full):
    """Requests broken so that the server resets them."""
    client = Client(port)
    block = request_headers(WATCH) + literal(b"UPPER-CASE", b"x")
    for stream in range(1, 200_001, 2):
        if not client.send(frame(HEADERS, END_HEADERS, stream, block)):
            break
    expect_calm(client)


@attack(64)
def header_bomb(port, full):
    """A header of 4000 bytes put into the table once, named 10,000 times in each request: 40 MB in one frame."""
    client = Client(port)
    block = request_headers(PUT) + literal(b"bomb", b"x" * 3900, 0x40) + integer(62, 7, 0x80) * 10_000
    for stream in range(1, 2 * (100 if full else 10), 2):
        client.send(frame(HEADERS, END_HEADERS | END_STREAM, stream, block))
        got = client.next_of(RESET)
        if got is None:
            expect(not client.alive, "neither a reset nor the end")
            return


@attack(32)
def continuation_flood(port, full):
    client = Client(port)
    client.send(frame(HEADERS, 0, 1, request_headers(PUT)))
    more = frame(CONTINUATION, 0, 1, literal(b"x", b"y" * 1000)) * 100
    for _ in range(5000):
        if not client.send(more):
            break
    expect(client.goaway() is not None or not client.alive, "the connection stays open")


@attack(32)
def settings_flood(port, full):
    flood(port, frame(SETTINGS, 0, 0, setting(INITIAL_WINDOW_SIZE, 1000)) * 500)


@attack(32)
def ping_flood(port, full):
    flood(port, frame(PING, 0, 0, b"12345678") * 500)


@attack(32)
def ping_ack_flood(port, full):
    flood(port, frame(PING, ACK, 0, b"12345678") * 500)


@attack(32)
def empty_data_flood(port, full):
    flood(port, frame(DATA, 0, 1) * 500, before=call(1, WATCH))


@attack(32)
def priority_flood(port, full):
    flood(port, frame(PRIORITY, 0, 5, b"\0\0\0\0\1") * 500)


@attack(32)
def window_update_flood(port, full):
    flood(port, frame(WINDOW_UPDATE, 0, 1, struct.pack(">I", 1)) * 500, before=call(1, WATCH))


@attack(32)
def message_of_4_gib(port, full):
    client = Client(port)
    streams = 1000 if full else 50
    for i in range(streams):
        stream = 2 * i + 1
        client.send(call(stream, PUT) + frame(DATA, 0, stream, b"\0\xff\xff\xff\xff" + b"x" * 1000))
    refused = 0
    while refused < streams and (got := client.next()) is not None:
        refused += got[0] == HEADERS and bool(got[1] & END_STREAM)
    expect(refused == streams, f"{refused} of {streams} refused")


@attack(600)
def zero_windows(port, full):
    """Answers of 1 MiB that nobody takes, beyond what one connection may make the server hold."""
    writer = Client(port)
    for i in range(20):  # each within the window that a connection begins with
        expect(writer.unary(2 * i + 1, PUT, put(b"big%d" % i, os.urandom(MIB // 20))), "a Put failed")
    client = Client(port, settings=setting(INITIAL_WINDOW_SIZE, 0))
    for i in range(2000 if full else 100):
        client.send(call(2 * i + 1, RANGE, field(1, b"big") + field(2, b"bih")))
    got = client.next_of(HEADERS)
    expect(got is not None and not got[1] & END_STREAM, "no answer began")
    time.sleep(2)


@attack(128)
def answers_not_read(port, full):
    """Refusals that pile up behind a socket nobody reads: the server stops reading too."""
    client = Client(port, timeout=2)
    stopped = False
    for i in range(0, 1_000_000, 100):
        if not client.send(b"".join(call(2 * j + 1, "/no/method") for j in range(i, i + 100))):
            stopped = True
            break
    expect(stopped, "a million calls are read while no answer is")


@attack(64)
def one_byte_a_second(port, full):
    clients = [Client(port) for _ in range(200 if full else 20)]
    body = call(1, PUT, put(b"slow", b"x" * 200))
    started = time.monotonic()
    for i in range(len(body) if full else 3):
        for client in clients:
            client.send(body[i:i + 1] if i > 0 else body[:150])
        time.sleep(1 if full else 0.1)
        if time.monotonic() - started > REQUEST_PATIENCE_S:
            break
    for client in clients if full else []:
        expect(client.next_of(RESET) is not None, "a request may take for ever")


@attack(256)
def open_requests(port, full):
    """Calls whose message never comes."""
    client = Client(port)
    streams = 50_000 if full else 2000
    for i in range(0, streams, 100):
        client.send(b"".join(call(2 * j + 1, PUT) for j in range(i, i + 100)))
    if full:
        client.socket.settimeout(REQUEST_PATIENCE_S)
        expect(client.next_of(RESET) is not None, "a request may take for ever")


@attack(320)
def idle_connections(port, full):
    idle = [Client(port) for _ in range(10_000 if full else 300)]
    expect(all(client.alive for client in idle), "refused")
    for client in idle:
        client.close()


@attack(64)
def silent_connections(port, full):
    idle = [Client(port, opening=False) for _ in range(10_000 if full else 300)]
    for client in idle:
        client.socket.send(PREFACE[:5])
        client.close()


@attack(640)
def watches_not_read(port, full):
    watches = 1000 if full else 100
    client = Client(port, settings=setting(INITIAL_WINDOW_SIZE, 1 << 20), timeout=2)
    create = field(1, field(1, b"watched") + field(2, b"watchee"))
    for i in range(watches):
        client.send(call(2 * i + 1, WATCH, create, end=False))
    writer = Client(port)
    for i in range(2000 if full else 100):
        expect(writer.unary(2 * i + 1, PUT, put(b"watched", os.urandom(1024))), "a Put failed")


def put_all_at_once(port, number, calls, results):
    """Sends that many Puts without waiting for an answer; counts [served, refused]."""
    client = Client(port, timeout=60)
    client.send(frame(WINDOW_UPDATE, 0, 0, struct.pack(">I", 1 << 30)))

    def send():
        for at in range(0, calls, 100):
            client.send(b"".join(call(2 * i + 1, PUT, put(b"o%d/%d" % (number, i), b"x" * 256))
                                 for i in range(at, min(at + 100, calls))))

    sender = threading.Thread(target=send)
    sender.start()
    served = refused = 0
    while served + refused < calls and (got := client.next()) is not None:
        served += got[0] == DATA
        refused += got[0] == HEADERS and bool(got[1] & END_STREAM) and got[2] not in results["begun"][number]
        if got[0] == HEADERS and not got[1] & END_STREAM:
            results["begun"][number].add(got[2])
    sender.join()
    results["counts"].append((served, refused))


@attack(768, timed=False)
def overload(port, full):
    """Far more Puts at once than may wait: each is served, or refused."""
    connections, calls = (20, 20_000) if full else (4, 2500)
    results = {"counts": [], "begun": [set() for _ in range(connections)]}
    threads = [threading.Thread(target=put_all_at_once, args=(port, i, calls, results)) for i in range(connections)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    served = sum(count[0] for count in results["counts"])
    refused = sum(count[1] for count in results["counts"])
    expect(served + refused == connections * calls, f"{served} served, {refused} refused of {connections * calls}")
    expect(served > 0, "none is served")


class Server:
    def __init__(self, program):
        self.directory = tempfile.TemporaryDirectory(prefix="hostile")
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        url = f"http://127.0.0.1:{self.port}"
        self.process = subprocess.Popen(
            [program, "--data-dir", self.directory.name + "/data", "--listen-client-urls", url,
             "--advertise-client-urls", url, "--listen-peer-urls", "http://127.0.0.1:0", "--log-level", "error"],
            stdout=subprocess.DEVNULL)
        deadline = time.monotonic() + 60
        while True:
            try:
                client = Client(self.port, timeout=5)
                if client.unary(1, PUT, put(b"up", b"1")):
                    return
            except OSError:
                pass
            if time.monotonic() > deadline or self.process.poll() is not None:
                raise SystemExit("the server does not start")
            time.sleep(0.1)

    def memory(self, which):
        with open(f"/proc/{self.process.pid}/status", encoding="ascii") as status:
            return next(int(line.split()[1]) for line in status if line.startswith(which)) / 1024

    def forget_peak(self):
        with open(f"/proc/{self.process.pid}/clear_refs", "w", encoding="ascii") as clear:
            clear.write("5")

    def stop(self):
        self.process.terminate()
        code = self.process.wait(60)
        self.directory.cleanup()
        return code


def put_all_the_time(port, stop, pipe):
    """The other client: one Put after the other. Gives back what each took, in seconds; -1 for one that failed."""
    client = Client(port, timeout=30)
    times = []
    stream = 1
    while not stop.is_set() or len(times) < 20:
        started = time.perf_counter()
        good = client.unary(stream, PUT, put(b"other", b"x" * 256))
        times.append(time.perf_counter() - started if good else -1)
        stream += 2
        if not good:
            break
        time.sleep(0.002)
    pipe.send(times)


class OtherClient:
    def __init__(self, port):
        self.stop_event = multiprocessing.Event()
        self.pipe, far_end = multiprocessing.Pipe(duplex=False)
        self.process = multiprocessing.Process(target=put_all_the_time, args=(port, self.stop_event, far_end))
        self.process.start()

    def finish(self):
        """(p99 in milliseconds, how many, all served)"""
        self.stop_event.set()
        times = self.pipe.recv()
        self.process.join()
        ordered = sorted(times)
        return ordered[int(len(ordered) * 0.99)] * 1000, len(times), min(times) >= 0


def quiet_p99(port):
    other = OtherClient(port)
    time.sleep(5)
    return other.finish()[0]


def run(server, function, bound_mib, full, quiet_ms):
    server.forget_peak()
    before = server.memory("VmRSS")
    other = OtherClient(server.port)
    problems = []
    try:
        function(server.port, full)
    except Failure as failure:
        problems.append(str(failure))
    p99_ms, count, served = other.finish()
    grown = server.memory("VmHWM") - before
    if server.process.poll() is not None:
        problems.append("the server is gone")
    if not served:
        problems.append("the other client was not served")
    if grown > bound_mib:
        problems.append(f"memory grew beyond {bound_mib} MiB")
    if quiet_ms is not None and count >= 100 and p99_ms > 2 * quiet_ms:
        problems.append(f"the other client's p99 is beyond twice its quiet {quiet_ms:.1f} ms")
    verdict = "PASS" if not problems else "FAIL"
    print(f"{verdict} {function.__name__:22} grew {max(grown, 0):6.1f} MiB (of {bound_mib}), other client: {count:5} "
          f"puts, p99 {p99_ms:7.1f} ms  {'; '.join(problems)}", flush=True)
    return not problems


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("program")
    parser.add_argument("attacks", nargs="*")
    parser.add_argument("--full", action="store_true")
    arguments = parser.parse_args()
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    server = Server(arguments.program)
    try:
        quiet_ms = quiet_p99(server.port) if arguments.full else None
        chosen = [a for a in ATTACKS if not arguments.attacks or a[0].__name__ in arguments.attacks]
        good = [run(server, function, bound, arguments.full, quiet_ms if timed else None)
                for function, bound, timed in chosen]
    finally:
        code = server.stop()
    if code != 0:
        print(f"FAIL the server exits with {code}")
    return 0 if all(good) and code == 0 else 1


if __name__ == "__main__":
    sys.exit(main())
