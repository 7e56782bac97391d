"""Loopback ports that nobody listens on. As a program prints as many as it is told: free_ports.py 2."""

import contextlib
import socket
import sys


def free_ports(count):
    """Different ones: each is held until all are found."""
    with contextlib.ExitStack() as held:
        listeners = [held.enter_context(socket.socket()) for _ in range(count)]
        for listener in listeners:
            listener.bind(("127.0.0.1", 0))
        return [listener.getsockname()[1] for listener in listeners]


if __name__ == "__main__":
    print(*free_ports(int(sys.argv[1])))
