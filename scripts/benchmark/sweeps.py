"""How cost grows: the same load at many sizes, for scripts/plot.py to draw."""

import dataclasses
from typing import Callable


@dataclasses.dataclass(frozen=True)
class Sweep:
    """A load for each x: the flags that prepare a fresh server (or none), and those that are measured."""
    name: str
    label: str
    points: tuple
    quick_points: tuple
    # Name of a curve, and the flags of its run at x.
    loads: dict
    prepare: Callable[[int], str] = lambda x: ""


# Reading first: where loads share a server, it then reads what was loaded.
LOADS = {"get": "get", "put": "put"}

SWEEPS = (
    Sweep("connections", "connections, one request in flight each",
          (1, 3, 10, 30, 100, 300, 1000, 3000, 10_000), (1, 10, 100),
          {name: (lambda x, load=load: f"{load} -c {x} -m 1") for name, load in LOADS.items()}),
    Sweep("in-flight", "requests in flight on each of 50 connections", (1, 2, 5, 10, 20, 50, 100, 200), (1, 10),
          {name: (lambda x, load=load: f"{load} -c 50 -m {x}") for name, load in LOADS.items()}),
    Sweep("keys", "keys of 256 bytes", (10_000, 100_000, 1_000_000, 10_000_000), (1000, 10_000),
          {name: (lambda x, load=load: f"{load} -c 50 -m 20 --no-preload --keys {x}") for name, load in LOADS.items()},
          prepare=lambda x: f"load -c 50 -m 20 --keys {x}"),
    Sweep("watchers", "watchers of one prefix, writes as fast as events are heard",
          (10, 100, 1000, 10_000, 100_000), (10, 100),
          {"watch": lambda x: f"watch --watchers {x} --watch-connections 10 -c 10"}),
    Sweep("value-size", "bytes of a value", (16, 64, 256, 1024, 4096, 16_384, 65_536, 262_144, 1_048_576), (64, 4096),
          {name: (lambda x, load=load: f"{load} -c 50 -m 2 --keys 1000 --value-size {x}")
           for name, load in LOADS.items()}),
)


def measure(sweep, seat, points):
    """Yields a point for each load at each x. Loads share a server where filling it is the larger part."""
    for x in points:
        if sweep.prepare(x):
            with seat.server() as server:
                server.run(sweep.prepare(x))
                for load, flags in sweep.loads.items():
                    yield point_of(x, load, seat, server, flags(x))
            continue
        for load, flags in sweep.loads.items():
            with seat.server() as server:
                yield point_of(x, load, seat, server, flags(x))


def point_of(x, load, seat, server, flags):
    """Measures one. What is delivered is the work of a server that is watched; what is refused is none."""
    result = server.run(f"{flags} {seat.scale.time}", refusals=seat.refusals)
    delivery = result.get("delivery")
    return {
        "x": x, "load": load, "seat": seat.name,
        "per_s": delivery["events_per_s"] if delivery else result["requests_per_s"],
        "cpu_us": delivery["cpu_us_per_event"] if delivery else result["server"]["cpu_us_per_request"],
        "refused_per_s": result["error_count"] / result["elapsed_s"],
        "p99_us": (delivery or result)["latency_us"]["p99"],
        "resident_bytes": result["server"]["resident_bytes_after"],
    }
