#!/usr/bin/python3
"""Watches, leases and locks through Python's grpcio: streams that talk in both directions for a long time.

    grpcio_streams_check.py <host:port> <directory of generated messages>

Prints PASS or FAIL for each behaviour; exit code 1 when one failed.
"""
import queue
import sys
import threading

import grpc

# First: it tells where the generated messages are.
from grpcio_checks import ADDRESS, TIMEOUT_S, check, equal, run_checks, unary
from etcdserverpb import rpc_pb2
from mvccpb import kv_pb2
from v3electionpb import v3election_pb2
from v3lockpb import v3lock_pb2


def put(channel, key, value=b"v", lease=0):
    return unary(channel, "/etcdserverpb.KV/Put", rpc_pb2.PutRequest(key=key, value=value, lease=lease),
                 rpc_pb2.PutResponse).header.revision


def delete(channel, key):
    return unary(channel, "/etcdserverpb.KV/DeleteRange", rpc_pb2.DeleteRangeRequest(key=key),
                 rpc_pb2.DeleteRangeResponse).header.revision


def grant(channel, ttl=300):
    return unary(channel, "/etcdserverpb.Lease/LeaseGrant", rpc_pb2.LeaseGrantRequest(TTL=ttl),
                 rpc_pb2.LeaseGrantResponse).ID


def revoke(channel, lease):
    return unary(channel, "/etcdserverpb.Lease/LeaseRevoke", rpc_pb2.LeaseRevokeRequest(ID=lease),
                 rpc_pb2.LeaseRevokeResponse).header.revision


class Stream:
    """A call with requests sent one by one, and answers read one by one."""

    def __init__(self, channel, method, request_type, response_type):
        self.requests = queue.Queue()
        call = channel.stream_stream(method, request_serializer=request_type.SerializeToString,
                                     response_deserializer=response_type.FromString)
        self.answers = call(iter(self.requests.get, None), timeout=TIMEOUT_S)

    def send(self, request):
        self.requests.put(request)

    def read(self):
        return next(self.answers)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.requests.put(None)
        self.answers.cancel()


class Watch(Stream):
    def __init__(self, channel):
        super().__init__(channel, "/etcdserverpb.Watch/Watch", rpc_pb2.WatchRequest, rpc_pb2.WatchResponse)

    def create(self, key, **options):
        self.send(rpc_pb2.WatchRequest(create_request=rpc_pb2.WatchCreateRequest(key=key, **options)))
        answer = self.read()
        assert answer.created, answer
        return answer.watch_id

    def events(self, count):
        """So many events, and the watch id of the response that had the last of them."""
        events = []
        while len(events) < count:
            answer = self.read()
            events += answer.events
        equal(len(events), count)
        return events, answer.watch_id


@check
def watch_tells_puts_and_deletions(channel):
    with Watch(channel) as watch:
        watch_id = watch.create(b"w/", range_end=b"w0", prev_kv=True)
        put(channel, b"w/a", b"1")
        put(channel, b"w/a", b"2")
        revision = delete(channel, b"w/a")
        events, told_by = watch.events(3)
        equal(told_by, watch_id)
        equal([event.type for event in events], [kv_pb2.Event.PUT, kv_pb2.Event.PUT, kv_pb2.Event.DELETE])
        equal([event.prev_kv.value for event in events], [b"", b"1", b"2"])
        equal(events[2].kv.mod_revision, revision)


@check
def watch_from_the_past(channel):
    first = put(channel, b"past", b"0")
    for i in range(1, 500):
        put(channel, b"past", b"%d" % i)
    with Watch(channel) as watch:
        watch.create(b"past", start_revision=first)
        events, _ = watch.events(500)
        equal([event.kv.value for event in events], [b"%d" % i for i in range(500)])


@check
def many_watchers_on_one_stream(channel):
    with Watch(channel) as watch:
        ids = [watch.create(b"many/%d" % i) for i in range(200)]
        equal(len(set(ids)), 200)
        put(channel, b"many/137")
        _, told_by = watch.events(1)
        equal(told_by, ids[137])


@check
def cancelled_watcher_is_silent(channel):
    with Watch(channel) as watch:
        gone = watch.create(b"cancel")
        kept = watch.create(b"cancel")
        watch.send(rpc_pb2.WatchRequest(cancel_request=rpc_pb2.WatchCancelRequest(watch_id=gone)))
        answer = watch.read()
        equal((answer.canceled, answer.watch_id), (True, gone))
        put(channel, b"cancel")
        _, told_by = watch.events(1)
        equal(told_by, kept)


@check
def progress_on_request(channel):
    with Watch(channel) as watch:
        watch.create(b"progress")
        revision = put(channel, b"progress")
        watch.events(1)
        watch.send(rpc_pb2.WatchRequest(progress_request=rpc_pb2.WatchProgressRequest()))
        answer = watch.read()
        equal((answer.watch_id, len(answer.events)), (-1, 0))
        assert answer.header.revision >= revision


@check
def slow_watcher_misses_nothing(channel):
    with Watch(channel) as watch:
        watch.create(b"slow/", range_end=b"slow0")
        # More than the buffers between the two hold, and nobody reads.
        for i in range(300):
            put(channel, b"slow/%d" % i, b"x" * 20_000)
        events, _ = watch.events(300)
        equal([event.kv.key for event in events], [b"slow/%d" % i for i in range(300)])


@check
def closed_streams_harm_nobody(channel):
    for _ in range(50):
        with Watch(channel) as watch:
            watch.create(b"come and go")
    put(channel, b"come and go")


@check
def watchers_at_once(channel):
    failures = []

    def one(number):
        try:
            with grpc.insecure_channel(ADDRESS, options=[("grpc.use_local_subchannel_pool", 1)]) as own:
                with Watch(own) as watch:
                    watch.create(b"once/", range_end=b"once0")
                    ready.release()
                    events, _ = watch.events(100)
                    equal([event.kv.value for event in events], [b"%d" % i for i in range(100)])
        except Exception as error:  # pylint: disable=broad-except
            failures.append((number, error))
            ready.release()

    ready = threading.Semaphore(0)
    threads = [threading.Thread(target=one, args=(number,)) for number in range(20)]
    for thread in threads:
        thread.start()
    for _ in threads:
        ready.acquire()
    for i in range(100):
        put(channel, b"once/%d" % (i % 7), b"%d" % i)
    for thread in threads:
        thread.join()
    equal(failures, [])


@check
def lease_takes_its_keys_along(channel):
    lease = grant(channel)
    put(channel, b"leased/a", lease=lease)
    put(channel, b"leased/b", lease=lease)
    answer = unary(channel, "/etcdserverpb.Lease/LeaseTimeToLive", rpc_pb2.LeaseTimeToLiveRequest(ID=lease, keys=True),
                   rpc_pb2.LeaseTimeToLiveResponse)
    equal((answer.grantedTTL, sorted(answer.keys)), (300, [b"leased/a", b"leased/b"]))
    with Watch(channel) as watch:
        watch.create(b"leased/", range_end=b"leased0")
        revision = revoke(channel, lease)
        events, _ = watch.events(2)
        equal([event.kv.mod_revision for event in events], [revision, revision])


@check
def keep_alive_on_one_stream(channel):
    leases = [grant(channel) for _ in range(20)]
    with Stream(channel, "/etcdserverpb.Lease/LeaseKeepAlive", rpc_pb2.LeaseKeepAliveRequest,
                rpc_pb2.LeaseKeepAliveResponse) as stream:
        for lease in leases + [12345]:
            stream.send(rpc_pb2.LeaseKeepAliveRequest(ID=lease))
        answers = [stream.read() for _ in range(21)]
        equal([answer.ID for answer in answers], leases + [12345])
        equal([answer.TTL for answer in answers], [300] * 20 + [0])


@check
def expiry(channel):
    with Watch(channel) as watch:
        watch.create(b"expires")
        put(channel, b"expires", lease=grant(channel, ttl=2))
        events, _ = watch.events(2)
        equal([event.type for event in events], [kv_pb2.Event.PUT, kv_pb2.Event.DELETE])


@check
def lock(channel):
    def locked(lease):
        return unary(channel, "/v3lockpb.Lock/Lock", v3lock_pb2.LockRequest(name=b"lock", lease=lease),
                     v3lock_pb2.LockResponse).key

    one, two = grant(channel), grant(channel)
    key = locked(one)
    keys = queue.Queue()
    waiter = threading.Thread(target=lambda: keys.put(locked(two)))
    waiter.start()
    unary(channel, "/v3lockpb.Lock/Unlock", v3lock_pb2.UnlockRequest(key=key), v3lock_pb2.UnlockResponse)
    waiter.join(TIMEOUT_S)
    equal(keys.get_nowait(), b"lock/%x" % two)


@check
def election(channel):
    leader = unary(channel, "/v3electionpb.Election/Campaign",
                   v3election_pb2.CampaignRequest(name=b"election", lease=grant(channel), value=b"me"),
                   v3election_pb2.CampaignResponse).leader
    observe = channel.unary_stream("/v3electionpb.Election/Observe",
                                   request_serializer=v3election_pb2.LeaderRequest.SerializeToString,
                                   response_deserializer=v3election_pb2.LeaderResponse.FromString)
    seen = observe(v3election_pb2.LeaderRequest(name=b"election"), timeout=TIMEOUT_S)
    equal(next(seen).kv.value, b"me")
    unary(channel, "/v3electionpb.Election/Proclaim", v3election_pb2.ProclaimRequest(leader=leader, value=b"still"),
          v3election_pb2.ProclaimResponse)
    equal(next(seen).kv.value, b"still")
    seen.cancel()
    unary(channel, "/v3electionpb.Election/Resign", v3election_pb2.ResignRequest(leader=leader),
          v3election_pb2.ResignResponse)


if __name__ == "__main__":
    sys.exit(run_checks())
