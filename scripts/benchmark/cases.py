"""What is measured, and the bars. A case runs on one server and returns figures by name; bars compare them."""

import dataclasses
import signal
import time
from typing import Callable, Optional

from benchmark.servers import Server

MIB = 1 << 20


@dataclasses.dataclass(frozen=True)
class Scale:
    """How long and how large."""
    seconds: float
    keys: int = 100_000
    many_keys: int = 1_000_000
    snapshot_keys: int = 250_000
    leases: int = 100
    compact_every: float = 2.5
    idle_seconds: float = 20

    @property
    def time(self):
        return f"--duration {self.seconds} --warm-up {min(1, self.seconds / 5)}"


def quick():
    return Scale(seconds=1, keys=10_000, many_keys=20_000, snapshot_keys=10_000, leases=5, compact_every=0.3,
                 idle_seconds=2)


@dataclasses.dataclass(frozen=True)
class Bar:
    """One row: a figure of both, and the bound. `of` is "ratio" (ours over etcd's) or "own" (ours alone)."""
    figure: str
    unit: str
    value: Callable[[dict], float]
    at_least: Optional[float] = None
    at_most: Optional[float] = None
    of: str = "ratio"

    def text(self):
        if self.at_least is None and self.at_most is None:
            return ""
        bound, sign = (self.at_least, "≥") if self.at_least is not None else (self.at_most, "≤")
        return f"{sign} {bound:.3g}" + (" x" if self.of == "ratio" else f" {self.unit}")

    def met(self, theirs, ours):
        measured = ours if self.of == "own" else ours / theirs if theirs else float("inf")
        if self.at_least is not None:
            return measured >= self.at_least
        return measured <= self.at_most if self.at_most is not None else None


@dataclasses.dataclass(frozen=True)
class Case:
    name: str
    title: str
    run: Callable[["Seat"], dict]
    bars: tuple


@dataclasses.dataclass(frozen=True)
class Seat:
    """One of the two servers, and where it runs."""
    name: str
    binary: str
    out: str
    bench: object
    scale: Scale

    def server(self):
        return Server(self.binary, self.out, self.bench)

    @property
    def refusals(self):
        """The gRPC statuses with which it refuses what is too much: etcd says Unknown where it means "too many requests",
        and lets others run out of their time."""
        return {"8"} if self.name == "subject" else {"8", "2", "4", "14"}


def at(*path):
    """The figure at that place of the result."""
    def value(result):
        for name in path:
            result = result[name]
        return float(result)
    return value


def throughput(**bound):
    return Bar("requests", "/s", at("requests_per_s"), **bound)


def cpu(**bound):
    return Bar("server CPU per request", "us", at("server", "cpu_us_per_request"), **bound)


def latency(quantile, **bound):
    return Bar(quantile, "us", at("latency_us", quantile), **bound)


def over_quiet(quantile, at_most):
    return Bar(f"{quantile} over quiet {quantile}", "x", at_most=at_most, of="own",
               value=lambda r: r["latency_us"][quantile] / r["quiet"]["latency_us"][quantile])


def plain(name, title, flags, *bars, **scaled):
    """A case of one run of quorate-bench on a fresh server. `scaled`: flags whose values come from the scale."""
    def run(seat):
        with seat.server() as server:
            extra = " ".join(f"--{flag.replace('_', '-')} {value(seat.scale)}" for flag, value in scaled.items())
            return server.run(f"{flags} {extra} {seat.scale.time}")
    return Case(name, title, run, bars)


def put_serial(seat):
    """The floor is measured just before and just after, in the same directory."""
    def limits():
        return seat.bench.run(f"limits --dir {seat.out} --duration {min(3, seat.scale.seconds)}")
    with seat.server() as server:
        before = limits()
        result = server.run(f"put --keys {seat.scale.keys} {seat.scale.time}")
        after = limits()
    for name in ("round_trip_us", "fdatasync_us"):
        result[name] = (before[name]["p50"] + after[name]["p50"]) / 2
    result["floor_us"] = result["round_trip_us"] + result["fdatasync_us"]
    return result


def listing(clients):
    """Without warm-up: memory is compared with what it was before the first answer."""
    def run(seat):
        with seat.server() as server:
            result = server.run("list --limit 0 --keys 10000 --value-size 1024 --warm-up 0 "
                                f"-c {clients} --duration {seat.scale.seconds}")
        response = result["counters"]["bytes"] / (result["counters"]["keys"] / 10000)
        grown = result["server"]["resident_bytes_peak"] - result["server"]["resident_bytes_before"]
        result["responses_grown"] = grown / clients / response
        return result
    bars = (latency("p50", at_most=1 / 3), cpu(at_most=1 / 6),
            Bar("peak memory grows by, per client", "responses", at("responses_grown"), at_most=2, of="own"))
    name = f"list-{clients}"
    return Case(name, f"list of 10,000 keys of 1 KiB, {clients} client{'s' if clients > 1 else ''}", run, bars)


def many_keys(seat):
    """Loads, reads, pages and restarts one large store."""
    keys = seat.scale.many_keys
    with seat.server() as server:
        result = {"load": server.run(f"load --keys {keys} -c 50 -m 20")}
        result["get"] = server.run(f"get --no-preload --keys {keys} -c 50 -m 20 {seat.scale.time}")
        result["resident_bytes"] = server.resident_bytes()
        result["page"] = server.run(f"page --no-preload --keys {keys} --limit 500 -c 10 -m 20 --rate 2000 "
                                    "--duration 1 --warm-up 0.5")
        server.stop(signal.SIGTERM)
        result["restart_ms"] = server.start()
        # There is something to recover.
        server.run(f"put --keys {keys} -c 50 -m 20 --duration 1 --warm-up 0")
        server.stop(signal.SIGKILL)
        result["restart_killed_ms"] = server.start()
    return result


MANY_KEYS_BARS = (
    Bar("paging by 500 at one revision, 2,000 writes/s beside", "s", at("page", "errand", "elapsed_s"), at_most=0.01),
    Bar("a page, last tenth over first tenth", "x", at_most=1.5, of="own",
        value=lambda r: r["page"]["errand"]["counters"]["last_tenth_p50_us"]
        / max(1, r["page"]["errand"]["counters"]["first_tenth_p50_us"])),
    Bar("loading", "/s", at("load", "requests_per_s"), at_least=4),
    Bar("resident memory, caches filled", "MiB", lambda r: r["resident_bytes"] / MIB, at_most=0.5),
    Bar("restart after SIGTERM", "ms", at("restart_ms"), at_most=0.2),
    Bar("restart after kill -9", "ms", at("restart_killed_ms"), at_most=0.2),
)


def watch_each(seat):
    flags = f"watch --watch-each --keys 10000 --watch-connections 10 -c 50 -m 20 {seat.scale.time}"
    with seat.server() as server:
        alone = server.run(f"{flags} --watchers 0")
    with seat.server() as server:
        result = server.run(f"{flags} --watchers 10000")
    result["unwatched_per_s"] = alone["requests_per_s"]
    return result


def snapshot(seat):
    with seat.server() as server:
        result = server.run(f"snapshot --keys {seat.scale.snapshot_keys} --value-size 4096 -c 10 -m 20 --rate 2000 "
                            f"{seat.scale.time}")
    usage = result["server"]
    result["grown_mib"] = (usage["resident_bytes_peak"] - usage["resident_bytes_before"]) / MIB
    result["mib_per_s"] = result["errand"]["counters"]["bytes"] / MIB / result["errand"]["elapsed_s"]
    return result


def overload(seat):
    """A hundred times as many requests in flight as the best rate needs, for six times as long as anything else; those
    that are refused are sent again at once."""
    keys = f"--keys {seat.scale.keys}"
    with seat.server() as server:
        best = server.run(f"put {FULL} {keys} {seat.scale.time}")
        result = server.run(f"put {OVERLOAD} {keys} --duration {6 * seat.scale.seconds} --warm-up 0", refusals=seat.refusals)
        after = server.run(f"put {FULL} {keys} --duration {seat.scale.seconds} --warm-up 0", refusals=seat.refusals)
    result["goodput"] = result["requests_per_s"] / best["requests_per_s"]
    result["goodput_after"] = after["requests_per_s"] / best["requests_per_s"]
    result["peak_mib"] = result["server"]["resident_bytes_peak"] / MIB
    result["refused_per_s"] = result["error_count"] / result["elapsed_s"]
    return result


def idle(seat):
    with seat.server() as server:
        time.sleep(min(3, seat.scale.idle_seconds))
        before, start = server.cpu_ns(), time.monotonic_ns()
        time.sleep(seat.scale.idle_seconds)
        used, passed = server.cpu_ns() - before, time.monotonic_ns() - start
        return {"cpu_percent": 100 * used / passed, "resident_bytes": server.resident_bytes()}


def by_keys(scale):
    return scale.keys


FULL = "-c 50 -m 20"
OVERLOAD = "-c 500 -m 200"
CASES = (
    plain("put", "Put, 50 x 20", f"put {FULL}", throughput(at_least=4), cpu(at_most=0.2), latency("p99"), keys=by_keys),
    Case("put-serial", "Put, one at a time", put_serial, (
        latency("p50", at_most=0.85),
        Bar("p50 over (round trip + fdatasync)", "x", lambda r: r["latency_us"]["p50"] / r["floor_us"], at_most=1.3,
            of="own"),
        Bar("round trip to a server that does nothing", "us", at("round_trip_us")),
        Bar("fdatasync", "us", at("fdatasync_us")))),
    plain("put-4k", "Put of 4 KiB", f"put {FULL} --value-size 4096", throughput(at_least=3), cpu(), keys=by_keys),
    plain("put-64k", "Put of 64 KiB", "put -c 50 -m 2 --value-size 65536 --keys 1000", throughput(at_least=2), cpu()),
    plain("put-2000/s", "Put at 2,000 a second", "put -c 10 -m 20 --rate 2000", latency("p99", at_most=0.5),
          cpu(at_most=0.2), keys=by_keys),
    plain("get-linearizable", "linearizable Get, 50 x 20", f"get {FULL}", throughput(at_least=5), cpu(at_most=1 / 7),
          keys=by_keys),
    plain("get-serializable", "serializable Get, 50 x 20", f"get {FULL} --serializable", throughput(at_least=5),
          cpu(at_most=1 / 7), keys=by_keys),
    plain("txn", "Txn as Kubernetes updates, 50 x 20", f"txn {FULL}", throughput(at_least=4), cpu(), keys=by_keys),
    plain("mixed", "90 % Get, 10 % Put, 50 x 20", f"mixed {FULL} --read-share 0.9", throughput(at_least=4.5), cpu(),
          keys=by_keys),
    listing(1),
    listing(8),
    Case("many-keys", "1,000,000 keys", many_keys, MANY_KEYS_BARS),
    plain("watch", "1,000 watchers of one prefix, writes as fast as events are heard",
          "watch --watchers 1000 --watch-connections 10 -c 10",
          Bar("events delivered", "/s", at("delivery", "events_per_s"), at_least=5),
          Bar("server CPU per event", "us", at("delivery", "cpu_us_per_event")), keys=by_keys),
    plain("watch-50/s", "the same at 50 writes a second", "watch --watchers 1000 --watch-connections 10 -c 10 --rate 50",
          Bar("p99 of delivery", "us", at("delivery", "latency_us", "p99"), at_most=0.5), keys=by_keys),
    Case("watch-each", "10,000 watchers, each on its own key, full writes", watch_each, (
        throughput(),
        Bar("writes with watchers over without", "x", lambda r: r["requests_per_s"] / r["unwatched_per_s"],
            at_least=0.9, of="own"))),
    plain("lease-grant", "lease grant, 50 x 20", f"lease-grant {FULL}", throughput(at_least=3), cpu()),
    plain("lease-keepalive", "lease keepalive, 50 x 20", f"lease-keepalive {FULL}", throughput(at_least=2), cpu()),
    plain("lease-revoke", "lease revoke with 1,000 keys", "lease-revoke -c 10 --lease-keys 1000", throughput(at_least=4),
          cpu(), leases=lambda scale: scale.leases),
    plain("compact", "compaction every 2.5 s, full overwriting writes", f"compact {FULL}", over_quiet("p99", 1.2),
          throughput(), keys=by_keys, compact_every=lambda scale: scale.compact_every),
    plain("defrag", "Defragment under full writes", f"defrag {FULL} --value-size 1024",
          Bar("longest time without an answer", "ms", lambda r: r["longest_gap_us"] / 1e3, at_most=50, of="own"),
          Bar("slowest write", "ms", lambda r: r["latency_us"]["max"] / 1e3),
          Bar("slowest write before", "ms", lambda r: r["quiet"]["latency_us"]["max"] / 1e3), keys=by_keys),
    Case("snapshot", "Snapshot of 1 GB, 2,000 writes a second", snapshot, (
        Bar("rate", "MiB/s", at("mib_per_s"), at_least=1),
        Bar("peak memory grows by", "MiB", at("grown_mib"), at_most=64, of="own"),
        over_quiet("p99", 1.5))),
    Case("overload", "Put, 500 x 200, for a minute", overload, (
        Bar("served over best rate", "x", at("goodput"), at_least=0.8, of="own"),
        Bar("refused", "/s", at("refused_per_s")),
        latency("p99"),
        Bar("peak resident memory", "MiB", at("peak_mib")),
        Bar("served at once afterwards, over best rate", "x", at("goodput_after"), at_least=0.95, of="own"))),
    Case("idle", "idle server", idle, (
        Bar("CPU", "% of a core", at("cpu_percent"), at_most=0.5, of="own"),
        Bar("resident memory", "MiB", lambda r: r["resident_bytes"] / MIB, at_most=60, of="own"))),
)
