"""HTTP/2 by hand: frames well-formed or not, over a plain socket."""
import socket
import struct

DATA, HEADERS, PRIORITY, RESET, SETTINGS, PING, GOAWAY, WINDOW_UPDATE, CONTINUATION = 0, 1, 2, 3, 4, 6, 7, 8, 9
END_STREAM, ACK, END_HEADERS = 1, 1, 4
FLOW_CONTROL_ERROR, CANCEL, ENHANCE_YOUR_CALM = 3, 8, 11
PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
INITIAL_WINDOW_SIZE = 4


def frame(kind, flags, stream, payload=b""):
    return struct.pack(">I", len(payload))[1:] + bytes((kind, flags)) + struct.pack(">I", stream) + payload


def setting(identifier, value):
    return struct.pack(">HI", identifier, value)


def integer(value, prefix_bits, first):
    """HPACK's integers."""
    limit = (1 << prefix_bits) - 1
    if value < limit:
        return bytes((first | value,))
    out = bytearray((first | limit,))
    value -= limit
    while value >= 128:
        out.append(value & 127 | 128)
        value >>= 7
    out.append(value)
    return bytes(out)


def literal(name, value, first=0):
    """A header in full; `first` 0x40 adds it to the table."""
    return bytes((first,)) + integer(len(name), 7, 0) + name + integer(len(value), 7, 0) + value


def request_headers(path):
    return b"".join(literal(name, value) for name, value in (
        (b":method", b"POST"), (b":scheme", b"http"), (b":path", path.encode()), (b":authority", b"a"),
        (b"content-type", b"application/grpc"), (b"te", b"trailers")))


def message(payload, announced=None):
    return b"\0" + struct.pack(">I", len(payload) if announced is None else announced) + payload


def call(stream, path, payload=None, end=True):
    """A call's frames; without a payload the request stays open."""
    frames = frame(HEADERS, END_HEADERS, stream, request_headers(path))
    if payload is not None:
        body = message(payload)
        for at in range(0, len(body), 16384):
            last = end and at + 16384 >= len(body)
            frames += frame(DATA, END_STREAM if last else 0, stream, body[at:at + 16384])
    return frames


class Client:
    """One connection. Sending never raises: `alive` says whether the far side is still there."""

    def __init__(self, port, settings=b"", timeout=10, opening=True):
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=timeout)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.alive = True
        self.received = b""
        if opening:
            self.send(PREFACE + frame(SETTINGS, 0, 0, settings))

    def send(self, frames):
        try:
            self.socket.sendall(frames)
        except socket.timeout:
            return False  # it does not read on, and need not
        except OSError:
            self.alive = False
        return self.alive

    def next(self):
        """The next frame as (kind, flags, stream, payload), or None at the end or after the timeout."""
        try:
            while len(self.received) < 9 or len(self.received) < 9 + int.from_bytes(self.received[:3], "big"):
                some = self.socket.recv(65536)
                if not some:
                    self.alive = False
                    return None
                self.received += some
        except socket.timeout:
            return None
        except OSError:
            self.alive = False
            return None
        size = int.from_bytes(self.received[:3], "big")
        head, payload = self.received[:9], self.received[9:9 + size]
        self.received = self.received[9 + size:]
        return head[3], head[4], int.from_bytes(head[5:9], "big"), payload

    def goaway(self):
        """Reads to the end; the code of the last GOAWAY, or None."""
        code = None
        while (got := self.next()) is not None:
            if got[0] == GOAWAY:
                code = int.from_bytes(got[3][4:8], "big")
        return code

    def next_of(self, kind):
        while (got := self.next()) is not None:
            if got[0] == kind:
                return got
        return None

    def unary(self, stream, path, payload):
        """True when the call was answered with a message."""
        self.send(call(stream, path, payload))
        answered = False
        while (got := self.next()) is not None:
            if got[0] == SETTINGS and not got[1] & ACK:
                self.send(frame(SETTINGS, ACK, 0))
            if got[0] == DATA:
                answered = True
                self.send(frame(WINDOW_UPDATE, 0, 0, struct.pack(">I", max(1, len(got[3])))))
            if got[2] == stream and got[0] in (HEADERS, DATA) and got[1] & END_STREAM:
                return answered
            if got[2] == stream and got[0] == RESET:
                return False
        return False

    def close(self):
        self.socket.close()


def field(number, payload):
    """A protobuf field of bytes."""
    return bytes((number << 3 | 2,)) + integer_varint(len(payload)) + payload


def integer_varint(value):
    out = bytearray()
    while value >= 128:
        out.append(value & 127 | 128)
        value >>= 7
    out.append(value)
    return bytes(out)


def put(key, value):
    return field(1, key) + field(2, value)


def number_field(number, value):
    """A protobuf field of an integer."""
    return bytes((number << 3,)) + integer_varint(value)
