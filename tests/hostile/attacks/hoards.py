"""Attempts to make the server hold more than it should."""
import gzip
import os
import socket
import threading
import time

from http2_frames import (DATA, END_HEADERS, END_STREAM, HEADERS, INITIAL_WINDOW_SIZE, RESET, WINDOW_UPDATE, Client,
                          call, field, frame, integer, literal, number_field, put, request_headers, setting)

from attacks.registry import (KEEP_ALIVE, MIB, PUT, RANGE, REQUEST_PATIENCE_S, TXN, WATCH, attack, expect, number32)

WINDOW_SHUT = setting(INITIAL_WINDOW_SIZE, 0)
ELECTION = "/v3electionpb.Election/"


def fill(port, prefix, count, size):
    """Keys with values of that size, each within the window that a connection begins with."""
    writer = Client(port)
    for i in range(count):
        expect(writer.unary(2 * i + 1, PUT, put(prefix + b"%06d" % i, os.urandom(size))), "a Put failed")
    writer.close()


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


@attack(64)
def gzip_bombs(port, full):
    """Messages of two kilobytes that inflate to 2 MiB, as fast as they are refused."""
    bomb = gzip.compress(b"\0" * (2 * MIB), 9)
    block = request_headers(PUT) + literal(b"grpc-encoding", b"gzip")
    body = b"\1" + number32(len(bomb)) + bomb
    client = Client(port)
    streams = 1000 if full else 50
    refused = 0
    for i in range(streams):
        stream = 2 * i + 1
        client.send(frame(HEADERS, END_HEADERS, stream, block) + frame(DATA, END_STREAM, stream, body))
    while refused < streams and (got := client.next()) is not None:
        refused += bool(got[1] & END_STREAM) and got[0] == HEADERS
    expect(refused == streams, f"{refused} of {streams} refused")


@attack(600)
def zero_windows(port, full):
    """Answers of 1 MiB that nobody takes, beyond what one connection may make the server hold."""
    fill(port, b"big", 20, MIB // 20)
    client = Client(port, settings=WINDOW_SHUT)
    for i in range(2000 if full else 100):
        client.send(call(2 * i + 1, RANGE, field(1, b"big") + field(2, b"bih")))
    got = client.next_of(HEADERS)
    expect(got is not None and not got[1] & END_STREAM, "no answer began")
    time.sleep(2)


@attack(800)
def lists_not_read(port, full):
    """Answers of 100 MB on 100 streams, all asked for before the first is there."""
    fill(port, b"list", 2000 if full else 200, 50_000)
    client = Client(port, settings=WINDOW_SHUT, timeout=30)
    client.send(b"".join(call(2 * i + 1, RANGE, field(1, b"list") + field(2, b"lisu")) for i in range(100)))
    answered = 0
    while answered < 100 and (got := client.next()) is not None:
        answered += got[0] == HEADERS
    expect(answered == 100, f"{answered} of 100 lists are answered or refused")


# Of the keys that fill_many puts.
MANY = field(1, b"many") + field(2, b"manz")


def fill_many(port, count, size):
    """Keys whose records are copied into answers, a hundred at a time."""
    writer = Client(port)
    for i in range(0, count, 100):
        ops = b"".join(field(2, field(2, put(b"many%06d" % j, b"x" * size))) for j in range(i, i + 100))
        expect(writer.unary(2 * i + 1, TXN, ops), "a Txn failed")
    writer.close()


@attack(900)
def streamed_lists_begun_together(port, full):
    """Streamed lists whose requests have all come when the first is served; nobody takes anything of them."""
    fill_many(port, 2000, 200)
    client = Client(port, settings=WINDOW_SHUT, timeout=30)
    streams = range(1, 2 * (20_000 if full else 5000), 2)
    for stream in streams:
        client.send(call(stream, "/etcdserverpb.KV/RangeStream", MANY, end=False))
    client.send(b"".join(frame(DATA, END_STREAM, stream) for stream in streams))
    time.sleep(5 if full else 2)


@attack(128)
def lists_abandoned(port, full):
    """Lists of 10,000 keys, each cancelled at once: what nobody waits for is not made."""
    fill_many(port, 10_000, 100)
    client = Client(port)
    for i in range(20_000 if full else 500):
        stream = 2 * i + 1
        if not client.send(call(stream, RANGE, MANY) + frame(RESET, 0, stream, number32(8))):
            break
        if i > 1000:
            time.sleep(0.003)  # below the bound for resets
    expect(Client(port).unary(1, RANGE, field(1, b"many000001")), "a Get is not served")


def grant_many(port, count):
    """Leases of an hour, a thousand at a time on their way."""
    client = Client(port, timeout=60)
    client.send(frame(WINDOW_UPDATE, 0, 0, number32(1 << 30)))
    for at in range(0, count, 1000):
        streams = [2 * i + 1 for i in range(at, min(at + 1000, count))]
        client.send(b"".join(call(stream, "/etcdserverpb.Lease/LeaseGrant", number_field(1, 3600))
                             for stream in streams))
        ended = 0
        while ended < len(streams) and (got := client.next()) is not None:
            ended += got[0] == HEADERS and bool(got[1] & END_STREAM)
        expect(ended == len(streams), "grants are not answered")
    client.close()


@attack(256, timed=False)
def lists_of_leases_not_read(port, full):
    """All leases, asked for thousands of times at once; who asks for a list of keys does not wait behind them."""
    grant_many(port, 100_000 if full else 1000)
    fill_many(port, 1000, 10)
    client = Client(port, settings=WINDOW_SHUT)
    client.send(b"".join(call(2 * i + 1, "/etcdserverpb.Lease/LeaseLeases", b"") for i in range(4000)))
    began = time.monotonic()
    reader = Client(port, settings=setting(INITIAL_WINDOW_SIZE, 1 << 30), timeout=30)
    expect(reader.unary(1, RANGE, MANY), "a list of keys is not served")
    expect(time.monotonic() - began < 5, "a list of keys waits behind those of leases")


@attack(160)
def snapshots_not_read(port, full):
    """Eight are under way and a hundred wait for them; the rest is refused."""
    fill_many(port, 10_000, 500)
    client = Client(port, settings=WINDOW_SHUT, timeout=30)
    streams = 2000 if full else 300
    client.send(b"".join(call(2 * i + 1, "/etcdserverpb.Maintenance/Snapshot", b"") for i in range(streams)))
    refused = 0
    while refused < streams - 108 and (got := client.next()) is not None:
        refused += got[0] == HEADERS and bool(got[1] & END_STREAM)
    expect(refused == streams - 108, f"{refused} of {streams} refused")
    time.sleep(1)


@attack(200, timed=False)
def leaders_not_read(port, full):
    """An election's value of nearly a megabyte, asked for and observed again and again, and proclaimed anew."""
    writer = Client(port)
    proclamation = put(b"election/1", os.urandom(1_000_000))
    # By its answer the server has told of the windows that a megabyte needs.
    expect(writer.unary(1, PUT, put(b"first", b"")), "a Put failed")
    expect(writer.unary(3, PUT, proclamation), "a Put failed")
    clients = []
    for _ in range(10 if full else 1):
        client = Client(port, settings=WINDOW_SHUT)
        client.send(b"".join(call(2 * i + 1, ELECTION + ("Leader" if i % 4 == 0 else "Observe"), field(1, b"election"))
                             for i in range(1000)))
        clients.append(client)
    time.sleep(1)
    for i in range(1, 11):
        expect(writer.unary(2 * i + 3, PUT, proclamation), "a Put failed")
    time.sleep(1)


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


def message_frames(stream, payload):
    return frame(DATA, 0, stream, b"\0" + number32(len(payload)) + payload)


def pour_messages(port, path, payload, count, read):
    """Opens one stream and sends payload(0), payload(1), ... as messages, until the server takes no more."""
    client = Client(port, timeout=2, settings=setting(INITIAL_WINDOW_SIZE, (1 << 31) - 1 if read else 0))
    client.send(frame(WINDOW_UPDATE, 0, 0, number32(1 << 30)) + call(1, path))
    if read:
        threading.Thread(target=drain, args=(client,), daemon=True).start()
    sent = 0
    while sent < count and client.send(b"".join(message_frames(1, payload(i)) for i in range(sent, sent + 100))):
        sent += 100
    return client, sent


def drain(client):
    while client.next() is not None:
        pass


@attack(700)
def watchers_without_end(port, full):
    """A million watchers on one stream, and some with keys of a megabyte."""
    client, sent = pour_messages(port, WATCH, lambda i: field(1, field(1, b"w%d" % i)), 1_000_000 if full else 5000,
                                 read=True)
    client.close()
    large = Client(port, timeout=5)
    large.send(frame(WINDOW_UPDATE, 0, 0, number32(1 << 30)))
    for i in range(1000 if full else 10):
        if not large.send(call(2 * i + 1, WATCH, field(1, field(1, b"%d" % i + b"k" * MIB)), end=False)):
            break
    expect(sent > 0, "no watcher is taken")


@attack(64)
def progress_requests_not_read(port, full):
    client, _ = pour_messages(port, WATCH, lambda i: field(3, b""), 2_000_000 if full else 20_000, read=False)
    client.close()


@attack(32)
def reflection_not_read(port, full):
    """Small questions with large answers, on one stream."""
    question = field(4, b"etcdserverpb.KV")
    client, _ = pour_messages(port, "/grpc.reflection.v1.ServerReflection/ServerReflectionInfo", lambda i: question,
                              40_000 if full else 5000, read=False)
    time.sleep(2)
    client.close()


def large_headers(indexed):
    """Header blocks of 60 KB, all but the first of a few bytes: they refer to what the table keeps."""
    common = b"".join(literal(name, value, 0x40) for name, value in indexed) + literal(b"x", b"x" * 3500, 0x40)
    entries = len(indexed) + 1
    again = b"".join(integer(62 + i, 7, 0x80) for i in range(entries - 1, 0, -1)) + integer(62, 7, 0x80) * 16
    return common, again


def pour_requests(port, indexed, count):
    """Requests with such headers whose bodies never come, and whose answers are not read."""
    common, again = large_headers(indexed)
    client = Client(port, settings=WINDOW_SHUT, timeout=2)
    client.send(frame(HEADERS, END_HEADERS, 1, common))
    for i in range(1, count, 100):
        if not client.send(b"".join(frame(HEADERS, END_HEADERS, 2 * j + 1, again) for j in range(i, i + 100))):
            break
    time.sleep(2)
    client.close()


@attack(400)
def headers_of_plain_requests(port, full):
    pour_requests(port, ((b":method", b"POST"), (b":scheme", b"http"), (b":path", b"/health"), (b":authority", b"a")),
                  20_000 if full else 8000)


@attack(400)
def headers_of_calls(port, full):
    pour_requests(port, ((b":method", b"POST"), (b":scheme", b"http"), (b":path", PUT.encode()), (b":authority", b"a"),
                         (b"content-type", b"application/grpc"), (b"te", b"trailers")),
                  20_000 if full else 8000)


def http1_status(port, pieces):
    """The status of the answer to a request sent in pieces, as far as the server takes them."""
    client = socket.create_connection(("127.0.0.1", port), timeout=30)
    try:
        for piece in pieces:
            client.sendall(piece)
    except OSError:
        pass
    status = client.recv(12)
    client.close()
    return status


@attack(32)
def http1_fields_behind_the_body(port, full):
    """Fields after the last chunk that no parser has room for, and lines that never end."""
    chunked = b"POST /version HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
    for _ in range(100 if full else 5):
        for rest in (b"0\r\nx: " + b"a" * 65534 + b"\r\n\r\n", b"0\r\n" + b"a" * 65536 + b": x\r\n\r\n",
                     b"1;" + b"a" * MIB, b"0\r\n" + b"a:\r\n" * (MIB // 4)):
            status = http1_status(port, [chunked, rest])
            expect(status == b"HTTP/1.1 431", f"{status}, not 431")


@attack(160)
def http1_headers_without_end(port, full):
    """Fields of four bytes, which take far more in memory, on many connections."""
    clients = []
    for _ in range(1000 if full else 20):
        client = socket.create_connection(("127.0.0.1", port), timeout=30)
        client.sendall(b"GET /version HTTP/1.1\r\nHost: a\r\n")
        clients.append(client)
    for _ in range(32):
        for client in clients:
            try:
                client.sendall(b"a:\r\n" * 500)
            except OSError:
                pass
    time.sleep(1)
    for client in clients:
        client.close()


@attack(96)
def http1_headers_that_end_together(port, full):
    """Headers of 16,000 fields, of which nothing is taken apart before their ends come, on many connections at once."""
    clients = []
    for _ in range(300 if full else 20):
        client = socket.create_connection(("127.0.0.1", port), timeout=30)
        client.sendall(b"GET /version HTTP/1.1\r\nHost: a\r\nhalf")
        clients.append(client)
    time.sleep(0.2)
    for client in clients:
        client.sendall(b":\r\n" + b"a:\r\n" * 16_000)
    time.sleep(1)
    for client in clients:
        client.sendall(b"\r\n")
    for client in clients:
        status = client.recv(12)
        expect(status == b"HTTP/1.1 431", f"{status}, not 431")
        client.close()


@attack(64)
def http1_bytes_behind_a_close(port, full):
    """Bytes without end behind the last request of a connection whose answers nobody takes."""
    page = b"GET /metrics HTTP/1.1\r\nhost: a\r\n"
    # Which number fills the sockets and leaves a little over depends on the machine.
    for pages in range(10, 110) if full else range(16, 26):
        with socket.create_connection(("127.0.0.1", port), timeout=0.3) as client:
            try:
                client.sendall((page + b"\r\n") * pages + page + b"connection: close\r\n\r\n")
                for _ in range(100):
                    client.sendall(bytes(MIB))
            except OSError:
                pass  # cut off, or not read from


@attack(32)
def http1_not_read(port, full):
    """Requests that are sent ahead, of pages that nobody takes."""
    with socket.create_connection(("127.0.0.1", port), timeout=2) as client:
        try:
            client.sendall(b"GET /metrics HTTP/1.1\r\nhost: a\r\n\r\n" * (20_000 if full else 2000))
        except socket.timeout:
            pass  # it does not read on, and need not
        time.sleep(5 if full else 2)


@attack(80)
def small_answers_not_read(port, full):
    """Renewals on some streams, whose answers take more of memory than they have bytes."""
    client = Client(port, settings=WINDOW_SHUT, timeout=5)
    renewal = number_field(1, 7)
    renewals = (b"\0" + number32(len(renewal)) + renewal) * 2000
    for stream in range(1, 2 * 32, 2):
        client.send(call(stream, KEEP_ALIVE) + frame(DATA, 0, stream, renewals) * 15)
    time.sleep(2)
    client.close()


@attack(64)
def keep_alives_not_read(port, full):
    client, _ = pour_messages(port, KEEP_ALIVE, lambda i: number_field(1, 7), 2_000_000 if full else 20_000, read=False)
    client.close()
