#!/usr/bin/python3
"""Talks to a server through Python's grpcio: what its HTTP/2 and gRPC layers must get right beside the answers.

    grpcio_check.py <host:port> <directory of generated messages>

Prints PASS or FAIL for each behaviour; exit code 1 when one failed.
"""
import importlib.util
import sys
import threading
import time

import grpc

# First: it tells where the generated messages are.
from grpcio_checks import ADDRESS, GENERATED, TIMEOUT_S, check, equal, run_checks, unary
from etcdserverpb import rpc_pb2


def generated(path):
    """A generated module below grpc/, a name that the library itself has taken."""
    spec = importlib.util.spec_from_file_location(path.replace("/", "_"), f"{GENERATED}/{path}_pb2.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


health_pb2 = generated("grpc/health/v1/health")
reflection_v1_pb2 = generated("grpc/reflection/v1/reflection")
reflection_v1alpha_pb2 = generated("grpc/reflection/v1alpha/reflection")

KV = "/etcdserverpb.KV/"


def put(channel, key, value=b"v", **options):
    return unary(channel, KV + "Put", rpc_pb2.PutRequest(key=key, value=value), rpc_pb2.PutResponse, **options)


def get(channel, key, end=b"", **options):
    return unary(channel, KV + "Range", rpc_pb2.RangeRequest(key=key, range_end=end), rpc_pb2.RangeResponse, **options)


def code_of(action):
    """The status of a call that must fail, as (code name, details)."""
    try:
        action()
    except grpc.RpcError as error:
        return error.code().name, error.details()
    raise AssertionError("the call succeeded")


@check
def unary_call(channel):
    put(channel, b"unary", b"value")
    answer = get(channel, b"unary")
    equal([kv.value for kv in answer.kvs], [b"value"])
    assert answer.header.cluster_id and answer.header.member_id and answer.header.revision > 1


@check
def error_has_code_and_message(channel):
    equal(code_of(lambda: put(channel, b"")), ("INVALID_ARGUMENT", "etcdserver: key is not provided"))


@check
def many_calls_in_flight(channel):
    call = channel.unary_unary(KV + "Put", request_serializer=rpc_pb2.PutRequest.SerializeToString,
                               response_deserializer=rpc_pb2.PutResponse.FromString)
    futures = [call.future(rpc_pb2.PutRequest(key=b"flight/%d" % i), timeout=TIMEOUT_S) for i in range(500)]
    equal(len({future.result().header.revision for future in futures}), 500)


@check
def large_messages_both_ways(channel):
    value = bytes(range(256)) * 4096
    for i in range(6):
        put(channel, b"large/%d" % i, value)
    answer = get(channel, b"large/", b"large0")
    equal(sum(len(kv.value) for kv in answer.kvs), 6 * len(value))
    assert all(kv.value == value for kv in answer.kvs)


@check
def server_streaming(channel):
    for i in range(200):
        put(channel, b"stream/%03d" % i, b"x" * 20_000)
    call = channel.unary_stream(KV + "RangeStream", request_serializer=rpc_pb2.RangeRequest.SerializeToString,
                                response_deserializer=rpc_pb2.RangeStreamResponse.FromString)
    chunks = list(call(rpc_pb2.RangeRequest(key=b"stream/", range_end=b"stream0"), timeout=TIMEOUT_S))
    equal(sum(len(chunk.range_response.kvs) for chunk in chunks), 200)
    equal([chunk.range_response.HasField("header") for chunk in chunks], [False] * (len(chunks) - 1) + [True])
    equal(chunks[-1].range_response.count, 200)


@check
def slow_reader_of_a_stream(channel):
    call = channel.unary_stream(KV + "RangeStream", request_serializer=rpc_pb2.RangeRequest.SerializeToString,
                                response_deserializer=rpc_pb2.RangeStreamResponse.FromString)
    stream = call(rpc_pb2.RangeRequest(key=b"stream/", range_end=b"stream0"), timeout=TIMEOUT_S)
    time.sleep(0.5)
    put(channel, b"meanwhile")
    equal(sum(len(chunk.range_response.kvs) for chunk in stream), 200)


@check
def cancelled_stream_harms_nobody(channel):
    call = channel.unary_stream(KV + "RangeStream", request_serializer=rpc_pb2.RangeRequest.SerializeToString,
                                response_deserializer=rpc_pb2.RangeStreamResponse.FromString)
    for _ in range(20):
        stream = call(rpc_pb2.RangeRequest(key=b"stream/", range_end=b"stream0"), timeout=TIMEOUT_S)
        next(stream)
        stream.cancel()
    put(channel, b"after")


@check
def deadline_ends_a_call_that_would_last(channel):
    call = channel.unary_stream("/grpc.health.v1.Health/Watch",
                                request_serializer=health_pb2.HealthCheckRequest.SerializeToString,
                                response_deserializer=health_pb2.HealthCheckResponse.FromString)
    start = time.monotonic()
    equal(code_of(lambda: list(call(health_pb2.HealthCheckRequest(), timeout=0.3)))[0], "DEADLINE_EXCEEDED")
    assert 0.2 < time.monotonic() - start < 5
    put(channel, b"after the deadline")


@check
def gzip_requests(channel):
    value = b"compressible " * 50_000
    put(channel, b"gzip", value, compression=grpc.Compression.Gzip)
    equal(get(channel, b"gzip").kvs[0].value, value)


@check
def gzip_bomb_stays_within_the_size_limit(channel):
    code, _ = code_of(lambda: put(channel, b"bomb", b"\0" * (64 << 20), compression=grpc.Compression.Gzip))
    equal(code, "RESOURCE_EXHAUSTED")


@check
def message_too_large(channel):
    equal(code_of(lambda: put(channel, b"big", b"x" * (3 << 20)))[0], "RESOURCE_EXHAUSTED")
    equal(code_of(lambda: put(channel, b"big", b"x" * (1700 << 10))),
          ("INVALID_ARGUMENT", "etcdserver: request is too large"))


@check
def unknown_method_and_service(channel):
    for method in (KV + "Juggle", "/etcdserverpb.Circus/Juggle"):
        code, details = code_of(lambda: unary(channel, method, rpc_pb2.PutRequest(), rpc_pb2.PutResponse))
        equal(code, "UNIMPLEMENTED")
        assert details


@check
def malformed_message(channel):
    call = channel.unary_unary(KV + "Put")
    code, _ = code_of(lambda: call(b"\x0a\xff\xff\xff\xff\x0f", timeout=TIMEOUT_S))
    equal(code, "INTERNAL")


@check
def unknown_fields_are_ignored(channel):
    call = channel.unary_unary(KV + "Range", response_deserializer=rpc_pb2.RangeResponse.FromString)
    request = rpc_pb2.RangeRequest(key=b"unary").SerializeToString() + b"\xa2\x06\x03abc"
    equal(len(call(request, timeout=TIMEOUT_S).kvs), 1)


@check
def metadata_is_accepted(channel):
    put(channel, b"metadata", metadata=(("hasleader", "true"), ("x-binary-bin", b"\0\xff"), ("x-long", "y" * 4000)))


@check
def health(channel):
    answer = unary(channel, "/grpc.health.v1.Health/Check", health_pb2.HealthCheckRequest(),
                   health_pb2.HealthCheckResponse)
    equal(answer.status, health_pb2.HealthCheckResponse.SERVING)
    code, _ = code_of(lambda: unary(channel, "/grpc.health.v1.Health/Check",
                                    health_pb2.HealthCheckRequest(service="nobody"), health_pb2.HealthCheckResponse))
    equal(code, "NOT_FOUND")


@check
def health_watch(channel):
    call = channel.unary_stream("/grpc.health.v1.Health/Watch",
                                request_serializer=health_pb2.HealthCheckRequest.SerializeToString,
                                response_deserializer=health_pb2.HealthCheckResponse.FromString)
    stream = call(health_pb2.HealthCheckRequest(), timeout=TIMEOUT_S)
    equal(next(stream).status, health_pb2.HealthCheckResponse.SERVING)
    stream.cancel()


def reflect(channel, package, messages):
    call = channel.stream_stream(f"/grpc.reflection.{package}.ServerReflection/ServerReflectionInfo",
                                 request_serializer=messages.ServerReflectionRequest.SerializeToString,
                                 response_deserializer=messages.ServerReflectionResponse.FromString)
    requests = [messages.ServerReflectionRequest(list_services=""),
                messages.ServerReflectionRequest(file_containing_symbol="etcdserverpb.KV"),
                messages.ServerReflectionRequest(file_containing_symbol="no.such.Thing")]
    services, found, missing = list(call(iter(requests), timeout=TIMEOUT_S))
    names = {service.name for service in services.list_services_response.service}
    assert {"etcdserverpb.KV", "grpc.health.v1.Health"} <= names, names
    assert found.file_descriptor_response.file_descriptor_proto
    equal(missing.error_response.error_code, grpc.StatusCode.NOT_FOUND.value[0])


@check
def reflection_v1alpha(channel):
    reflect(channel, "v1alpha", reflection_v1alpha_pb2)


@check
def reflection_v1(channel):
    reflect(channel, "v1", reflection_v1_pb2)


@check
def connections_come_and_go(_):
    def one():
        with grpc.insecure_channel(ADDRESS, options=[("grpc.use_local_subchannel_pool", 1)]) as own:
            put(own, b"come and go")

    threads = [threading.Thread(target=one) for _ in range(50)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


if __name__ == "__main__":
    sys.exit(run_checks())
