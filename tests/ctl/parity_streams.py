#!/usr/bin/python3
"""Compares what etcdctl and quoratectl print of commands that go on until they are stopped.

Each scenario starts a tool, changes keys with the reference tool, waits for the output that must come of it, and stops
the tool. Standard output, exit code and what standard error has beside log lines must be equal, numbers that depend on
the moment masked as in parity.py.
"""

import re
import select
import signal
import subprocess
import sys
import time

import parity

PATIENCE_S = 10
SCENARIOS = []


def scenario(arguments, *steps, environment=None):
    """Steps are texts, which are command lines of the reference tool; b"..." is input for the tool; a number waits for
    so many lines of output in all; a signal stops the tool. Without one it is killed at the end."""
    SCENARIOS.append((arguments, steps, environment or {}))


def watch_scenarios():
    changes = ["put key new", "put other x", "del key", "put key again --lease {lease}"]
    for output, lines in (("", 3), ("-w json", 1), ("-w fields", 11), ("--hex", 3)):
        # Events are waited for one by one, lest the server put two into one answer.
        scenario("watch key --rev {next} " + output, changes[0], lines, *changes[1:3], 2 * lines, changes[3], 3 * lines)
    scenario("watch key --rev {next} --prev-kv", *changes, 13)
    scenario("watch key --rev {next} --prev-kv -w json", changes[0], 1, *changes[1:3], 2, changes[3], 3)
    scenario("watch k --prefix --rev {next}", *changes, 9)
    scenario("watch  --prefix --rev {next}", *changes, 12)
    scenario("watch key other --rev {next}", *changes, 9)
    scenario("watch --rev={next} -- key p", "put key a", "put o b", 3)
    scenario("watch key --rev {next} -w table", "put key a", None)
    # Past and future events.
    scenario("watch key --rev {revision}", "put key a", 6)
    scenario("watch --rev {next}", *changes, 9, environment={"ETCDCTL_WATCH_KEY": "key"})
    scenario("watch --rev {next}", *changes, 12,
             environment={"ETCDCTL_WATCH_KEY": "a", "ETCDCTL_WATCH_RANGE_END": "z"})
    program = "env | grep ^ETCD_WATCH | grep -v REVISION | sort; test $ETCD_WATCH_REVISION -gt 0"
    scenario(["watch", "key", "--rev", "{next}", "--", "sh", "-c", program], *changes, 18)
    scenario(["watch", "key", "--rev", "{next}", "--", "sh", "-c", "exit 3"], "put key a", None)
    scenario(["watch", "key", "--rev", "{next}", "--", "no-such-program-anywhere"], "put key a", None)
    scenario("watch key --rev {next}", "put key a", 3, signal.SIGINT)
    scenario("watch -i", b"watch key --rev {next}\n", b"watch other --rev {next} -w json\n", "put key a", None)
    scenario("watch -i", b"watch key --rev {next}\n", "put key a", 3, b"watch other --rev {next} --prev-kv\n",
             "put other b", 6, b"foo\n", b"\n", b"progress\n", 8)
    scenario("watch -i -w json", b"watch key --rev {next}\n", "put key a", 1)
    scenario("watch -i", b"watch key --rev {next} -- sh -c 'echo $ETCD_WATCH_KEY'\n", "put key a", 4)
    scenario("watch -i", b"watch key --rev {next} -- false\n", "put key a", None)


def lease_scenarios():
    for output, lines in (("", 1), ("-w json", 1), ("-w fields", 6), ("--hex", 1)):
        scenario("lease keep-alive {lease} " + output, lines, "lease revoke {lease}", None)
    scenario("lease keep-alive --once {lease}", None)
    scenario("lease timetolive {lease}", None)
    scenario("lease timetolive {lease} --keys -w json", None)
    for output in ["", " -w json", " -w fields", " -w table", " -w protobuf"]:
        scenario("lease revoke {lease}" + output, None)
    scenario("put key x --lease {lease}", None, "get key -w fields")


def concurrency_scenarios():
    for output, lines in (("", 2), ("-w json", 1), ("-w fields", 12)):
        scenario("lock name " + output, lines, signal.SIGINT)
        scenario("elect name proposal " + output, lines, signal.SIGTERM)
    scenario("lock name", 2, signal.SIGTERM)
    # Who waits in front goes.
    scenario("lock name", 2, "get name/ --prefix --count-only -w fields", signal.SIGINT)
    scenario("elect -l name", "put name/1 a", 2, "put name/1 b", 4, "put name/2 c", "del name/1", 6, signal.SIGINT)
    scenario("elect -l name -w json", "put name/1 a", 1, signal.SIGTERM)
    scenario(["lock", "name", "--", "sh", "-c", "echo locked; exit 5"], 1, None)


class Run:
    """One tool that runs."""

    def __init__(self, comparison, tool, arguments, environment):
        words = arguments if isinstance(arguments, list) else arguments.rstrip(" ").split(" ")
        self.comparison = comparison
        self.places = comparison.places()
        self.child = subprocess.Popen(comparison.line(tool, [self.fill(word) for word in words]), bufsize=0,
                                      stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                      env=comparison.environment(environment))
        self.out = b""
        self.arguments = words

    def fill(self, text):
        for name, value in self.places.items():
            text = text.replace("{" + name + "}", value)
        return text

    def await_lines(self, count):
        deadline = time.monotonic() + PATIENCE_S
        while self.out.count(b"\n") < count and time.monotonic() < deadline:
            if not select.select([self.child.stdout], [], [], 0.1)[0]:
                continue
            got = self.child.stdout.read(65536)
            if not got:
                break
            self.out += got

    def step(self, what):
        if what is None:
            self.child.wait(PATIENCE_S)
        elif isinstance(what, signal.Signals):
            self.child.send_signal(what)
            self.child.wait(PATIENCE_S)
        elif isinstance(what, bytes):
            self.child.stdin.write(self.fill(what.decode()).encode())
        elif isinstance(what, int):
            self.await_lines(what)
        else:
            self.comparison.call(self.comparison.reference, [word for word in self.fill(what).split(" ")])

    def finish(self):
        if self.child.poll() is None:
            self.child.kill()
        out, err = self.child.communicate()
        text = parity.mask(self.out + out, self.arguments)
        text = re.sub(rb"(progress notify: )\d+", rb"\1N", text)
        text = re.sub(rb"(name/)[0-9a-f]+", rb"\1L", text)
        text = re.sub(rb'("key":")[^"]+(","create_revision":N[^}]*"lease":)\d+', rb"\1K\2L", text)
        text = re.sub(rb'("Lease" : |"lease":)[1-9]\d+', rb"\1L", text)
        return self.child.returncode, text, parity.mask_errors(err)


class StreamComparison(parity.Comparison):
    def places(self):
        _, out, _ = self.call(self.reference, ["get", "key", "-w", "fields"])
        revision = int(re.search(rb'"ModRevision" : (\d+)', out).group(1))
        _, out, _ = self.call(self.reference, ["lease", "grant", "1000"])
        lease = out.split()[1].decode()
        return {"revision": str(revision), "next": str(revision + 1), "lease": lease}

    def same_stream(self, arguments, steps, environment):
        results = []
        for tool in (self.reference, self.ctl):
            self.reset()
            run = Run(self, tool, arguments, environment)
            for step in steps:
                try:
                    run.step(step)
                except subprocess.TimeoutExpired:
                    run.out += b"<does not end>"
            results.append(run.finish())
        if results[0] == results[1]:
            return True
        print("DIFFERENT: %r %r environment=%r" % (arguments, steps, environment))
        for name, before, after in zip(("exit code", "standard output", "standard error"), *results):
            if before != after:
                print("  %s\n    reference: %r\n    ours:      %r" % (name, before, after))
        return False


def main():
    options = parity.parser_of(__doc__).parse_args()
    parity.skip_without(options.reference_ctl)
    for add in (watch_scenarios, lease_scenarios, concurrency_scenarios):
        add()
    comparison = StreamComparison(options)
    chosen = [s for s in SCENARIOS if options.only in str(s[0])]
    failed = sum(not comparison.same_stream(*s) for s in chosen)
    comparison.close()
    print("%d scenarios, %d different" % (len(chosen), failed))
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
