"""What every attack needs: its place in the list, and what it expects."""
import dataclasses
import struct
from typing import Callable

from http2_frames import ENHANCE_YOUR_CALM, Client

PUT = "/etcdserverpb.KV/Put"
RANGE = "/etcdserverpb.KV/Range"
TXN = "/etcdserverpb.KV/Txn"
WATCH = "/etcdserverpb.Watch/Watch"
KEEP_ALIVE = "/etcdserverpb.Lease/LeaseKeepAlive"
MIB = 1 << 20
# A request that has not come whole is given up by then (docs/operations.md), and a little.
REQUEST_PATIENCE_S = 100


@dataclasses.dataclass(frozen=True)
class Attack:
    run: Callable[[int, bool], None]
    bound_mib: int  # by which the server may grow
    timed: bool  # the other client must not be slowed down
    descriptors: int  # that the server may have; 0: as many as it likes
    cores_max: float  # of its time that the server may spend, in cores

    @property
    def name(self):
        return self.run.__name__


ATTACKS = []


class Failure(Exception):
    pass


def attack(bound_mib, timed=True, descriptors=0, cores_max=float("inf")):
    def register(function):
        ATTACKS.append(Attack(function, bound_mib, timed, descriptors, cores_max))
        return function
    return register


def expect(condition, what):
    if not condition:
        raise Failure(what)


def expect_calm(client, code_wanted=ENHANCE_YOUR_CALM):
    code = client.goaway()
    expect(code == code_wanted, f"GOAWAY {code}, not {code_wanted}")
    expect(not client.alive, "the connection stays open")


def flood(port, frames, before=b"", rounds=2000):
    """Sends the frames again and again until it is cut off."""
    client = Client(port)
    client.send(before)
    for _ in range(rounds):
        if not client.send(frames):
            break
    expect_calm(client)


def number32(value):
    return struct.pack(">I", value)
