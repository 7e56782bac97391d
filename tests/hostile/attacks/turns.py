"""What little makes much work at once: others are served in between."""
import gzip
import socket
import threading
import time

from http2_frames import (DATA, END_HEADERS, END_STREAM, HEADERS, INITIAL_WINDOW_SIZE, PING, SETTINGS, WINDOW_UPDATE,
                          Client, call, frame, literal, number_field, put, request_headers, setting)

from attacks.registry import KEEP_ALIVE, MIB, PUT, attack, expect, number32

BOMB = gzip.compress(b"\0" * (2 * MIB), 9)


def bomb(stream):
    """A call of two kilobytes whose message inflates to 2 MiB."""
    block = request_headers(PUT) + literal(b"grpc-encoding", b"gzip")
    body = b"\1" + number32(len(BOMB)) + BOMB
    return frame(HEADERS, END_HEADERS, stream, block) + frame(DATA, END_STREAM, stream, body)


def drain(client):
    while client.next() is not None:
        pass


def hang_up(client):
    """While another thread reads from it."""
    try:
        client.socket.shutdown(socket.SHUT_RDWR)
    except OSError:
        pass  # the server was first


@attack(128)
def gzip_bombs_on_idle_connections(port, full):
    """One from each, all at once."""
    clients = [Client(port, timeout=30) for _ in range(400 if full else 40)]
    time.sleep(1)
    for client in clients:
        client.send(bomb(1))
    for client in clients:
        expect(client.next_of(HEADERS) is not None, "a call is not answered")
        client.close()


@attack(640)
def http1_headers_completed_together(port, full):
    """Headers as large as they may be, which lack their last bytes until all are there."""
    clients = []
    for _ in range(300 if full else 30):
        client = socket.create_connection(("127.0.0.1", port), timeout=30)
        client.sendall(b"GET /version HTTP/1.1\r\nHost: a\r\n" + (b"a: " + b"x" * 230 + b"\r\n") * 240)
        clients.append(client)
    time.sleep(1)
    for client in clients:
        try:
            client.sendall(b"\r\n")
        except OSError:
            pass  # the server holds as much as it may
    time.sleep(1)
    for client in clients:
        client.close()


@attack(64)
def gzip_bombs_behind_cheap_bytes(port, full):
    """A megabyte of frames that are skipped, and then as many messages as a large read would take."""
    for _ in range(10 if full else 1):
        client = Client(port, timeout=60)
        client.send(frame(0xbe, 0, 0, b"x" * 16_000) * 64 + frame(PING, 0, 0, b"12345678"))
        expect(client.next_of(PING) is not None, "no answer to a ping")
        count = 120 if full else 20
        client.send(b"".join(bomb(2 * i + 1) for i in range(count)))
        time.sleep(0.5)
        client.close()


@attack(640)
def windows_opened_together(port, full):
    """Renewals on many streams, which wait behind answers that have no window, until one frame opens them all."""
    client = Client(port, settings=setting(INITIAL_WINDOW_SIZE, 0), timeout=5)
    renewal = number_field(1, 7)
    renewals = (b"\0" + number32(len(renewal)) + renewal) * 2300
    for stream in range(1, 2 * (230 if full else 20), 2):
        client.send(call(stream, KEEP_ALIVE) + frame(DATA, 0, stream, renewals) * 7)
    reader = threading.Thread(target=drain, args=(client,), daemon=True)
    reader.start()
    client.send(frame(WINDOW_UPDATE, 0, 0, number32(1 << 30)) +
                frame(SETTINGS, 0, 0, setting(INITIAL_WINDOW_SIZE, 64 * MIB)))
    time.sleep(3 if full else 1)
    hang_up(client)
    reader.join()


@attack(700)
def streams_that_end_together(port, full):
    """Connections of many streams that are closed."""
    clients = [Client(port, timeout=30) for _ in range(2)]
    for client in clients:
        for i in range(0, 50_000 if full else 2000, 100):
            client.send(b"".join(call(2 * j + 1, KEEP_ALIVE) for j in range(i, i + 100)))
        client.send(frame(PING, 0, 0, b"12345678"))
        expect(client.next_of(PING) is not None, "the streams are not taken")
    for client in clients:
        client.close()
    expect(Client(port, timeout=30).unary(1, PUT, put(b"ends", b"x")), "a Put is not served")


@attack(400)
def deadlines_that_end_together(port, full):
    """Requests that never come whole, all with the same deadline."""
    client = Client(port, timeout=15)
    threading.Thread(target=drain, args=(client,), daemon=True).start()
    deadline = time.monotonic() + (5 if full else 1)
    for i in range(0, 60_000 if full else 2000, 100):
        left_ms = max(1, round((deadline - time.monotonic()) * 1000))
        block = request_headers(PUT) + literal(b"grpc-timeout", b"%dm" % left_ms)
        client.send(b"".join(frame(HEADERS, END_HEADERS, 2 * j + 1, block) for j in range(i, i + 100)))
    time.sleep(max(0, deadline - time.monotonic()) + 1)
    hang_up(client)
