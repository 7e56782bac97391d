"""What the checks through Python's grpcio share: one argument is the server's address, one the generated messages."""
import sys

import grpc

ADDRESS, GENERATED = sys.argv[1], sys.argv[2]
sys.path.insert(0, GENERATED)

TIMEOUT_S = 20
CHECKS = []


def check(function):
    CHECKS.append(function)
    return function


def equal(got, wanted):
    assert got == wanted, f"{got!r}, want {wanted!r}"


def unary(channel, method, request, response_type, **options):
    call = channel.unary_unary(method, request_serializer=type(request).SerializeToString,
                               response_deserializer=response_type.FromString)
    options.setdefault("timeout", TIMEOUT_S)
    return call(request, **options)


def run_checks():
    """Prints PASS or FAIL for each; the exit code."""
    options = [("grpc.max_receive_message_length", -1), ("grpc.max_send_message_length", -1)]
    failed = 0
    with grpc.insecure_channel(ADDRESS, options=options) as channel:
        for function in CHECKS:
            try:
                function(channel)
                print("PASS", function.__name__)
            except Exception as error:  # pylint: disable=broad-except
                failed += 1
                print("FAIL", function.__name__, type(error).__name__, str(error)[:600])
    return 1 if failed else 0
