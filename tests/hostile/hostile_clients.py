#!/usr/bin/python3
"""Attacks a server over raw sockets while another client puts: each attacker is to be cut off with the error that says
why, memory is to stay within the bound named with the attack, and the other client is to be served.

    hostile_clients.py [--full] <quorate> [attack...]

Starts a server of its own in a temporary directory, a fresh one for each attack with --full. Without --full the attacks
are small and nothing is timed; with it they have their real size, clients that stall are waited for, and the p99 of the
other client's Puts is compared with what it was just before, while all was quiet. Attackers run at the lowest priority:
what they burn of a processor that they share with the server is not the server's doing. Prints a line for each attack;
exit code 1 when one came through.
"""
import argparse
import multiprocessing
import os
import resource
import socket
import subprocess
import sys
import tempfile
import time

from attacks import costly, crowds, floods, hoards, stalls, turns  # pylint: disable=unused-import
from attacks.registry import ATTACKS, PUT, Failure
from http2_frames import Client, put

QUIET_S = 5
ATTACK_S = 5  # at least, of those that are timed


class Server:
    def __init__(self, program, descriptors=0):
        self.directory = tempfile.TemporaryDirectory(prefix="hostile")
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        url = f"http://127.0.0.1:{self.port}"
        limit = (lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (descriptors,) * 2)) if descriptors else None
        self.process = subprocess.Popen(
            [program, "--data-dir", self.directory.name + "/data", "--listen-client-urls", url,
             "--advertise-client-urls", url, "--listen-peer-urls", "http://127.0.0.1:0", "--log-level", "error"],
            stdout=subprocess.DEVNULL, preexec_fn=limit)
        deadline = time.monotonic() + 60
        while True:
            try:
                client = Client(self.port, timeout=5)
                if client.unary(1, PUT, put(b"up", b"1")):
                    return
            except OSError:
                pass
            if time.monotonic() > deadline or self.process.poll() is not None:
                raise SystemExit("the server does not start")
            time.sleep(0.1)

    def memory(self, which):
        with open(f"/proc/{self.process.pid}/status", encoding="ascii") as status:
            return next(int(line.split()[1]) for line in status if line.startswith(which)) / 1024

    def forget_peak(self):
        with open(f"/proc/{self.process.pid}/clear_refs", "w", encoding="ascii") as clear:
            clear.write("5")

    def cpu_s(self):
        with open(f"/proc/{self.process.pid}/stat", encoding="ascii") as stat:
            fields = stat.read().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def stop(self):
        self.process.terminate()
        code = self.process.wait(60)
        self.directory.cleanup()
        return code


def put_all_the_time(port, stop, pipe):
    """The other client: one Put after the other. Gives back what each took, in seconds; -1 for one that failed."""
    client = Client(port, timeout=30)
    times = []
    stream = 1
    while not stop.is_set() or len(times) < 20:
        started = time.perf_counter()
        good = client.unary(stream, PUT, put(b"other", b"x" * 256))
        times.append(time.perf_counter() - started if good else -1)
        stream += 2
        if not good:
            break
        time.sleep(0.002)
    pipe.send(times)


class OtherClient:
    def __init__(self, port):
        self.stop_event = multiprocessing.Event()
        self.pipe, far_end = multiprocessing.Pipe(duplex=False)
        self.process = multiprocessing.Process(target=put_all_the_time, args=(port, self.stop_event, far_end))
        self.process.start()

    def finish(self):
        """(p99 in milliseconds, how many, all served)"""
        self.stop_event.set()
        times = self.pipe.recv()
        self.process.join()
        ordered = sorted(times)
        return ordered[int(len(ordered) * 0.99)] * 1000, len(times), min(times) >= 0


def quiet_p99(port):
    other = OtherClient(port)
    time.sleep(QUIET_S)
    return other.finish()[0]


def carry_out(attack, port, full, pipe):
    os.nice(19)
    try:
        began = time.monotonic()
        attack.run(port, full)
        # Again and again, until enough Puts of the other client have met it.
        while full and attack.timed and time.monotonic() - began < ATTACK_S:
            attack.run(port, full)
        pipe.send(None)
    except Failure as failure:
        pipe.send(str(failure))
    except Exception as error:  # pylint: disable=broad-except
        pipe.send(f"{type(error).__name__}: {error}")


def problem_of(attack, port, full):
    pipe, far_end = multiprocessing.Pipe(duplex=False)
    process = multiprocessing.Process(target=carry_out, args=(attack, port, full, far_end))
    process.start()
    far_end.close()
    try:
        return pipe.recv()
    except EOFError:
        return "the attacker died"
    finally:
        process.join()


def run(server, attack, full):
    quiet_ms = quiet_p99(server.port) if full and attack.timed else None
    server.forget_peak()
    before, cpu, began = server.memory("VmRSS"), server.cpu_s(), time.monotonic()
    other = OtherClient(server.port)
    problem = problem_of(attack, server.port, full)
    problems = [problem] if problem else []
    took = time.monotonic() - began
    p99_ms, count, served = other.finish()
    if server.process.poll() is not None:
        print(f"FAIL {attack.name:26} the server is gone")
        return False
    grown = server.memory("VmHWM") - before
    cpu = server.cpu_s() - cpu
    if not served:
        problems.append("the other client was not served")
    if cpu > attack.cores_max * took:
        problems.append(f"the server spends more than {attack.cores_max} of a core")
    if grown > attack.bound_mib:
        problems.append(f"memory grew beyond {attack.bound_mib} MiB")
    if quiet_ms is not None and count >= 100 and p99_ms > 2 * quiet_ms:
        problems.append("the other client's p99 is beyond twice its quiet one")
    quiet = f"p99 {p99_ms:6.2f} ms, quiet {quiet_ms:5.2f}" if quiet_ms is not None else f"p99 {p99_ms:6.2f} ms"
    print(f"{'PASS' if not problems else 'FAIL'} {attack.name:26} {took:6.1f} s, server {cpu:6.1f} s of CPU, grew "
          f"{max(grown, 0):6.1f} MiB (of {attack.bound_mib}), other client: {count:5} puts, {quiet}  "
          f"{'; '.join(problems)}", flush=True)
    return not problems


def stop(server, attack):
    code = server.stop()
    if code != 0:
        print(f"FAIL the server exits with {code} after {attack.name}")
    return code == 0


def run_all(program, attacks, full):
    """Small attacks share a server, all but those that want it to have few descriptors."""
    good = True
    shared = None
    for attack in attacks:
        alone = full or attack.descriptors
        server = Server(program, attack.descriptors) if alone else shared or Server(program)
        good = run(server, attack, full) and good
        if alone or server.process.poll() is not None:
            good = stop(server, attack) and good
        shared = shared if alone else server if server.process.poll() is None else None
    return stop(shared, attacks[-1]) and good if shared else good


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("program")
    parser.add_argument("attacks", nargs="*")
    parser.add_argument("--full", action="store_true")
    arguments = parser.parse_intermixed_args()
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    known = [attack.name for attack in ATTACKS]
    for name in arguments.attacks:
        if name not in known:
            parser.error(f"no attack '{name}'; known: {', '.join(known)}")
    chosen = [attack for attack in ATTACKS if not arguments.attacks or attack.name in arguments.attacks]
    return 0 if run_all(arguments.program, chosen, arguments.full) else 1


if __name__ == "__main__":
    sys.exit(main())
