"""Clients that begin and do not go on, or go on slowly, and many of them."""
import socket
import time

from http2_frames import DATA, PREFACE, RESET, Client, call, frame, message, put

from attacks.registry import PUT, REQUEST_PATIENCE_S, WATCH, attack, expect

# A connection that has not said its protocol, or sent its HTTP/1.1 request, is closed by then, and a little.
PREFACE_PATIENCE_S = 130
HTTP1_PATIENCE_S = 70


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


@attack(160)
def messages_without_end(port, full):
    """Watch streams, each of which lacks the last byte of a message."""
    client = Client(port)
    size = 900_000
    body = message(b"x" * (size - 1), announced=size)
    pieces = [body[at:at + 16384] for at in range(0, len(body), 16384)]
    for stream in range(1, 2 * (100 if full else 20), 2):
        client.send(call(stream, WATCH) + b"".join(frame(DATA, 0, stream, piece) for piece in pieces))
    if full:
        client.socket.settimeout(REQUEST_PATIENCE_S)
        expect(client.next_of(RESET) is not None, "a message may take for ever")
    client.close()


@attack(320)
def idle_connections(port, full):
    idle = [Client(port) for _ in range(10_000 if full else 300)]
    expect(all(client.alive for client in idle), "refused")
    time.sleep(5 if full else 0)
    for client in idle:
        client.close()


@attack(64)
def silent_connections(port, full):
    """Five bytes of a preface, and gone."""
    idle = [Client(port, opening=False) for _ in range(10_000 if full else 300)]
    for client in idle:
        client.socket.send(PREFACE[:5])
        client.close()


@attack(64)
def prefaces_without_end(port, full):
    """Five bytes of a preface, and nothing more."""
    clients = [Client(port, opening=False, timeout=PREFACE_PATIENCE_S) for _ in range(500 if full else 50)]
    for client in clients:
        client.socket.send(PREFACE[:5])
    for client in clients if full else []:
        expect(client.next() is None and not client.alive, "a preface may take for ever")


@attack(64)
def slow_http1(port, full):
    """HTTP/1.1 requests whose headers come one at a time and never end."""
    clients = [socket.create_connection(("127.0.0.1", port), timeout=5) for _ in range(500 if full else 50)]
    for client in clients:
        client.sendall(b"GET /health HTTP/1.1\r\nhost: a\r\n")
    started = time.monotonic()
    while full and time.monotonic() - started < HTTP1_PATIENCE_S:
        for client in clients:
            try:
                client.sendall(b"x-a: b\r\n")
            except OSError:
                pass
        time.sleep(1)
    open_still = 0
    for client in clients if full else []:
        try:
            while client.recv(4096):
                pass
        except socket.timeout:
            open_still += 1
        except OSError:
            pass
    expect(open_still == 0, f"{open_still} requests may take for ever")


@attack(128)
def half_closed_streams(port, full):
    """Watch streams whose client is done sending: they stay, and cost what a stream costs."""
    client = Client(port)
    streams = 10_000 if full else 500
    for i in range(0, streams, 100):
        client.send(b"".join(call(2 * j + 1, WATCH, b"") for j in range(i, i + 100)))
    expect(Client(port).unary(1, PUT, put(b"half", b"closed")), "a Put is not served")
    time.sleep(5 if full else 0)


@attack(64, descriptors=256, cores_max=0.3)
def more_connections_than_descriptors(port, full):
    """The rest waits to be accepted, without being asked for again and again, and is served when others go."""
    held = [Client(port) for _ in range(150)]
    waiting = [socket.create_connection(("127.0.0.1", port)) for _ in range(200)]
    time.sleep(10 if full else 2)
    late = Client(port, timeout=20)
    for client in held + waiting:
        client.close()
    expect(late.unary(1, PUT, put(b"late", b"x")), "not served once there is room")


@attack(64)
def storm_of_connections(port, full):
    """Connections that are opened and reset, one after the other."""
    linger = b"\1\0\0\0\0\0\0\0"
    for _ in range(20_000 if full else 500):
        with socket.create_connection(("127.0.0.1", port)) as one:
            one.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
