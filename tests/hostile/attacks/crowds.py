"""Too much of what would be welcome in measure, and what is no request at all."""
import os
import random
import threading

from http2_frames import (DATA, END_STREAM, HEADERS, INITIAL_WINDOW_SIZE, WINDOW_UPDATE, Client, call, frame, put,
                          setting)

from attacks.registry import PUT, RANGE, WATCH, attack, expect, number32

METHODS = (PUT, RANGE, WATCH, "/etcdserverpb.KV/Txn", "/etcdserverpb.KV/DeleteRange", "/etcdserverpb.KV/Compact",
           "/etcdserverpb.Lease/LeaseGrant", "/etcdserverpb.Lease/LeaseKeepAlive", "/etcdserverpb.Maintenance/HashKV",
           "/etcdserverpb.Cluster/MemberAdd", "/v3lockpb.Lock/Unlock", "/v3electionpb.Election/Leader")


def put_all_at_once(port, number, calls, results):
    """Sends that many Puts without waiting for an answer; counts [served, refused]."""
    client = Client(port, timeout=60)
    client.send(frame(WINDOW_UPDATE, 0, 0, number32(1 << 30)))

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
    """Far more Puts at once than may wait: each is served, or refused. (scripts/bench.sh measures it.)"""
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


@attack(64)
def garbage_requests(port, full):
    """Random bytes, and requests with a few bytes changed, as messages of all methods: each call ends."""
    chance = random.Random(5)
    client = Client(port, settings=setting(INITIAL_WINDOW_SIZE, 1 << 30))
    client.send(frame(WINDOW_UPDATE, 0, 0, number32(1 << 30)))
    count = 5000 if full else 500
    for i in range(count):
        payload = bytearray(chance.randbytes(chance.randrange(40)) if i % 2 else put(b"garbage", b"x" * 20))
        for _ in range(3 if payload else 0):
            payload[chance.randrange(len(payload))] = chance.randrange(256)
        client.send(call(2 * i + 1, METHODS[chance.randrange(len(METHODS))], bytes(payload)))
    # Watch streams may stay; this one is behind them all.
    client.send(call(2 * count + 1, RANGE, b"\x0a\1a"))
    while (got := client.next()) is not None and not (got[2] == 2 * count + 1 and got[1] & END_STREAM):
        pass
    expect(got is not None, "the connection did not live through it")


@attack(32)
def garbage_connections(port, full):
    """Random bytes where a protocol should begin, or behind the preface."""
    for i in range(2000 if full else 100):
        client = Client(port, opening=i % 2 == 0, timeout=1)
        client.send(os.urandom(1000))
        client.close()
