"""Requests that cost the server far more than they are long."""
import gzip
import threading
import time

from http2_frames import (DATA, END_HEADERS, END_STREAM, HEADERS, INITIAL_WINDOW_SIZE, Client, call, field, frame,
                          literal, request_headers, setting)

from attacks.hoards import MANY, WINDOW_SHUT, fill_many
from attacks.registry import MIB, RANGE, WATCH, attack, expect, number32


def ask_on(client, first_stream, stop):
    """Another 250 lists a second."""
    stream = first_stream
    while not stop.wait(0.1) and client.send(b"".join(call(stream + 2 * i, RANGE, MANY) for i in range(25))):
        stream += 50


@attack(600, timed=False)
def lists_crowded_out(port, full):
    """Long lists that nobody takes, 1,500 at once and more all the time: another client's are served, and soon."""
    fill_many(port, 10_000, 100)
    crowd = Client(port, settings=WINDOW_SHUT, timeout=30)
    crowd.send(b"".join(call(2 * i + 1, RANGE, MANY) for i in range(1500)))
    stop = threading.Event()
    asking = threading.Thread(target=ask_on, args=(crowd, 3001, stop))
    asking.start()
    reader = Client(port, settings=setting(INITIAL_WINDOW_SIZE, 1 << 30), timeout=30)
    served, slowest_s = 0, 0
    lists = 40 if full else 10
    for i in range(lists):
        began = time.monotonic()
        served += reader.unary(2 * i + 1, RANGE, MANY)
        slowest_s = max(slowest_s, time.monotonic() - began)
        time.sleep(0.1)
    stop.set()
    asking.join()
    expect(served == lists, f"{served} of {lists} lists are served")
    expect(slowest_s < 1, f"a list takes {slowest_s:.1f} s")


def inflated_call(stream, path, payload):
    """A call of some kilobytes, whose message has as many bytes as a message may."""
    body = gzip.compress(payload, 9)
    return (frame(HEADERS, END_HEADERS, stream, request_headers(path) + literal(b"grpc-encoding", b"gzip")) +
            frame(DATA, END_STREAM, stream, b"\1" + number32(len(body)) + body))


@attack(64)
def fields_without_end(port, full):
    """Messages of a million fields, most of which nobody knows, to methods that make objects of them."""
    many = MIB - 100
    unknown = b"\x78\1" * many
    questions = [("/etcdserverpb.Cluster/MemberAdd", b"\x0a\0" * many),
                 (WATCH, field(1, field(1, b"k") + field(5, b"\0" * many)))]
    questions += [(path, unknown) for path in ("/etcdserverpb.Maintenance/Status", "/etcdserverpb.Cluster/MemberList",
                                               "/v3lockpb.Lock/Unlock", "/grpc.health.v1.Health/Check")]
    client = Client(port, timeout=60)
    streams = 240 if full else len(questions)
    for i in range(streams):
        client.send(inflated_call(2 * i + 1, *questions[i % len(questions)]))
    ended = answered = 0
    while ended < streams and (got := client.next()) is not None:
        ended += got[0] == HEADERS and bool(got[1] & END_STREAM)
        answered += got[0] == DATA
    expect(ended == streams and answered == 0, f"{ended} of {streams} ended, {answered} of them with an answer")
