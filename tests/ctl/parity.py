#!/usr/bin/python3
"""Runs the same command lines with etcdctl and with quoratectl and compares what they print.

Both tools talk to one server. Every case starts from the same keys, which the reference tool puts back between the two
runs; revisions go on counting, so numbers that depend on the moment are masked. Standard output and exit code must be
equal, and of standard error every line that is not a log line or a usage text. Commands that go on until they are
stopped are compared by parity_streams.py.
"""

import argparse
import os
import re
import shutil
import subprocess
import sys
import tempfile

TIMEOUT_S = 20

# Each line of the table: arguments, and optionally standard input.
PUT_FLAGS = [["-w", "json"], ["-w", "fields"], ["-w", "protobuf"], ["-w", "table"], ["--hex"]]
CASES = []


def case(*arguments, stdin=b"", environment=None):
    CASES.append(([(list(arguments), stdin)], environment or {}))


def sequence(*lines):
    """Command lines that build on each other, each a text or a pair of a text and standard input."""
    pairs = [line if isinstance(line, tuple) else (line, b"") for line in lines]
    CASES.append(([(text.split(" "), stdin) for text, stdin in pairs], {}))


def key_value_cases():
    for output in [[]] + PUT_FLAGS + [["-w", "bogus"]]:
        case("get", "key", *output)
        case("get", "", "--prefix", *output)
        case("get", "nothing", *output)
        case("put", "key", "new", *output)
        case("put", "key", "new", "--prev-kv", *output)
        case("put", "fresh", "new", "--prev-kv", *output)
        case("del", "key", *output)
        case("del", "", "--prefix", "--prev-kv", *output)
        case("member", "list", *output)
        case("endpoint", "hashkv", "--rev", "1000000", *output)
        case("txn", *output, stdin=b'value("key") = "value"\n\nget key\nput new x\ndel key2 --prev-kv\n\nget key\n\n')
        case("txn", *output, stdin=b'value("key") = "other"\n\nget key\n\nget key\nget nothing\n\n')
    for flags in ["--keys-only", "--count-only -w fields", "--count-only", "--print-value-only",
                  "--print-value-only -w json", "--from-key", "--prefix", "--prefix --from-key", "--prefix --limit 2",
                  "--prefix --limit=2 -w fields", "--prefix --order descend", "--prefix --order ASCEND",
                  "--prefix --sort-by modify", "--prefix --sort-by version --order DESCEND", "--order up",
                  "--sort-by up", "--prefix --sort-by create", "--prefix --sort-by value", "--consistency s",
                  "--consistency x", "--rev 1000000", "--rev -1", "--limit x", "--limit", "--limit=",
                  "--limit 99999999999999999999", "--limit 0x2 --prefix", "--limit 1_0 --prefix", "--limit 08",
                  "--min-mod-rev 1", "--max-mod-rev 1", "--min-create-rev 5 --max-create-rev 3",
                  "--min-mod-rev 5 --max-mod-rev 3", "--max-create-rev 3", "--keys-only --count-only",
                  "--keys-only=false", "--keys-only=maybe", "--keys-only=", "--prefix=1", "--prefix false", "--bogus",
                  "--bogus=1", "-z", "-wz", "-w", "-wjson", "-w=json", "-w json -w fields", "--pre", "--no-prefix",
                  "--=3", "---x", "--stream", "--stream --prefix", "--stream --prefix -w json",
                  "--stream --prefix --limit 2 -w json", "--stream --order descend --prefix",
                  "--stream --order ascend --prefix", "--stream --min-mod-rev 1", "--stream --rev 1000000",
                  "--stream --count-only -w fields --prefix", "--stream --keys-only --prefix -w fields",
                  "--command-timeout 1", "--command-timeout 1x", "--command-timeout x", "--command-timeout 1m30s",
                  "--dial-timeout=-5s", "--hex=t", "--hex 1", "--endpoints a\"b"]:
        case("get", "key", *flags.split(" "))
        case(*flags.split(" "), "get", "key")
    case("get")
    case("get", "")
    case("get", "key", "key3")
    case("get", "key", "key3", "--prefix")
    case("get", "a", "b", "c")
    case("get", "--", "-key")
    case("get", "--", "--prefix")
    case("get", "-")
    case("get", "-1")
    case("g", "key")
    case("ge", "key")
    case("pu", "key", "value")
    case("put")
    case("put", "key")
    case("put", "key", stdin=b"from\nstandard input\n")
    case("put", "", "value")
    case("put", "key", "")
    case("put", "key", "a", "b")
    case("put", "--", "-key", "-value")
    case("put", "key", "--", "-value")
    case("put", "k\u00e9y \t\"\\", "v\u2028\u00a0\u0001", "--prev-kv")
    case("get", "k\u00e9y \t\"\\", "-w", "fields")
    case("put", "key", "x", "--lease", "zz")
    case("put", "key", "x", "--lease", "77")
    case("put", "key", "x", "--lease", "ffffffffffffffffff")
    case("put", "key", "x", "--lease=")
    case("put", "key", "--ignore-value")
    case("put", "nothing", "--ignore-value")
    case("put", "key", "x", "--ignore-value")
    case("put", "key", "x", "--ignore-lease")
    case("put", "nothing", "x", "--ignore-lease")
    case("put", "key", "x" * 100, "--max-request-bytes", "50")
    case("get", "key", "--max-recv-bytes", "5")
    case("get", "key", "--max-recv-bytes", "5", "--max-request-bytes", "9")
    case("del")
    case("del", "")
    case("del", "nothing")
    case("del", "a", "b", "c")
    case("del", "key", "key3", "--range")
    case("del", "key2", "--from-key")
    case("del", "", "--from-key")
    case("del", "key", "--prefix", "--from-key")
    case("del", "key", "x", "--prefix")
    case("compaction")
    case("compaction", "x")
    case("compaction", "1", "2")
    case("compaction", "1000000")
    case("compaction", "--", "-1")
    case("compaction", "99999999999999999999")
    case("compaction", "1000000", "--physical")


def txn_cases():
    for text in [b"", b"\n\n", b"\n\n\n", b"\n\n\nmore", b"\nput a b", b"foo\n\n", b'value("a"\n', b"value(a) = 1\n",
                 b'value("key")="value"\n', b'value("key") ="value"\n', b'value("key" ) = "value"\n',
                 b'value( "key") = "value"\n\n\nget key\n\n', b'value ("key") = "value"\n', b'foo("key") = "x"\n',
                 b'mod("key") > "x"\n', b'mod("key") > "0"\n\nget key\n\n\n', b'ver("key") != "7"\n\nget key\n\n\n',
                 b'version("key") = "1"\nc("key") > "0"\ncreate("key") < "100000000"\nm("key") > "0"\n\nget key\n\n\n',
                 b'val("key") = "value" tail\n\nget key\n\n\n', b"value(`key`) = `value`\n\nget key\n\n\n",
                 b'value("key") = "value"\r\n\r\nget key\r\n\r\n\r\n', b'value("\\x6bey") = "value"\n\nget key\n\n\n',
                 b'value("k\\q") = "value"\n', b'value("key) = "value"\n', b'  value("key")   =\t"value"\n\nget key\n\n\n',
                 b"\nfoo a b\n\n\n", b"\nget\n\n\n", b"\nget key --bogus\n\n\n", b"\nget key --limit x\n\n\n",
                 b"\nget key -w json\n\n\n", b"\nput key\n\n\n", b'\nput key "x y\\n\\"z"\nget key2\n\n\n',
                 b"\nput key 'x y'\n\n\n", b'\nput key "\\q"\n\n\n', b"\nput key a\nput key b\n\n\n",
                 b"\nput --prev-kv key x\nput new y\nget key --prefix --order descend\n\n\n", b"\nput key -- -x\n\n\n",
                 b"\nget \"k'ey\" z\n\n\n", b'\nget k\\"ey z\n\n\n', b'\nget k"e y" z\n\n\n', b"\ng key\n\n\n",
                 b"\nget key\nget key\ndel key\n\n\n", b"\ndel a b c\n\n\n", b"\nput k v --lease zz\n\n\n",
                 b"\nput k v --lease 77\n\n\n", b"\nget key --consistency x\n\n\n", b'\nget "" --prefix\n\n\n',
                 b'\nget "key\n\n\n', b"\nwatch a\n\n\n", b"\nget key --rev 1000000\n\n\n"]:
        case("txn", stdin=text)
        case("txn", "-i", stdin=text)
    case("txn", "x")


def cluster_cases():
    for arguments in ["member add", "member add a", "member add a http://x:1", "member add a b --peer-urls x",
                      "member add a --peer-urls x", "member add a --peer-urls http://127.0.0.1:9/x",
                      "member add a --peer-urls 127.0.0.1:9", "member add a --peer-urls http://127.0.0.1:9,",
                      "member add a --peer-urls http://foo", "member add a --peer-urls :9", "member remove",
                      "member remove zz", "member remove 1 2", "member remove ffffffffffffffffff",
                      "member update", "member update 1", "member update zz --peer-urls http://127.0.0.1:9",
                      "member update 1 --peer-urls http://127.0.0.1:9", "member promote", "member promote 1",
                      "member promote x y", "member list x y", "member list --consistency s",
                      "member list --consistency z", "member list --hex -w json", "member list --hex -w fields",
                      "mem list", "endpoint hashkv --rev x", "en hash", "unknown", "putt a b"]:
        case(*arguments.split(" "))
    for output in [[], ["-w", "json"], ["-w", "fields"], ["-w", "table"], ["-w", "protobuf"]]:
        for command in ["status", "health", "hashkv"]:
            case("endpoint", command, *output)
            case("endpoint", command, "--cluster", *output)
            case("endpoint", "--endpoints=127.0.0.1:1", "--command-timeout=200ms", command, *output)
    case("--endpoints", "127.0.0.1:1", "--command-timeout", "200ms", "get", "key")
    case("--endpoints", "127.0.0.1:1", "--command-timeout", "200ms", "get", "key", "--stream")
    case("--endpoints", "127.0.0.1:1,{endpoint}", "--command-timeout", "2s", "get", "key")
    case("--endpoints", "{endpoint}", "--endpoints", "127.0.0.1:1", "--command-timeout", "2s", "get", "key")
    case("--endpoints", " {endpoint} ", "get", "key")
    case("--endpoints", "", "get", "key")


def lease_and_alarm_cases():
    # Before any lease that runs out meanwhile.
    for output in ["", " -w json", " -w fields", " -w table", " -w protobuf", " --hex"]:
        sequence("lease list" + output)
        sequence("lease grant 10000" + output)
    for output in [[]] + PUT_FLAGS:
        case("lease", "timetolive", "77", *output)
        case("lease", "timetolive", "77", "--keys", *output)
        case("lease", "keep-alive", "77", *output)
        case("lease", "keep-alive", "--once", "77", *output)
        case("lease", "revoke", "77", *output)
        case("alarm", "list", *output)
        case("alarm", "disarm", *output)
    for arguments in ["lease grant", "lease grant x", "lease grant 1 2", "lease grant 99999999999",
                      "lease revoke", "lease revoke zz", "lease keep-alive", "lease keep-alive zz",
                      "lease timetolive", "lease timetolive zz", "alarm list x", "alarm disarm x", "defrag",
                      "defrag --cluster", "defrag --endpoints=127.0.0.1:1 --command-timeout=100ms",
                      "lease list x", "lease grant -- -5", "lease grant 0", "lease grant 100 --bogus",
                      "lease timetolive 77 78", "lease keep-alive 1 2"]:
        case(*arguments.split(" "))


def watch_cases():
    for output in [[]] + PUT_FLAGS:
        # The server ends these at once.
        case("watch", "b", "a", *output)
        case("watch", "key", "--rev", "1", *output)
    case("watch", "--prefix")
    case("watch", "--", "echo")
    for text in [b"", b"\n", b"watch\n", b"watch key --bogus\n", b"watch key --rev x\n", b"watch --help\n", b"foo\n",
                 b"watch --\n", b"watch a b --prefix\n", b'watch "\n', b"watch b --\n", b"watch --prefix\n",
                 b"'watch' a 'b c' --prefix\n", b"watch -- echo\n", b"progress", b"watch key", b'watch "\\q"\n']:
        case("watch", "-i", stdin=text)
    case("watch", "-i", stdin=b"watch x\n", environment={"ETCDCTL_WATCH_KEY": "a"})
    case("watch", "-i", stdin=b"watch x\n", environment={"ETCDCTL_WATCH_RANGE_END": "a"})
    case("watch", "-i", "--write-out", "bogus", stdin=b"watch x\n")
    case("watch")
    case("watch", "key", "--")
    case("watch", "a", "b", "--prefix")
    case("watch", "key", "--rev", "x")
    case("watch", "key", environment={"ETCDCTL_WATCH_KEY": "key"})
    case("watch", environment={"ETCDCTL_WATCH_RANGE_END": "key"})


def auth_cases():
    for arguments in ["auth status x", "auth enable x", "auth disable x", "auth enable", "auth disable",
                      "user add", "user add a b", "user add :x", "user add a --bogus", "user delete", "user delete none",
                      "user get", "user get none", "user get none --detail", "user list x", "user passwd",
                      "user passwd a b", "user grant-role", "user grant-role a", "user grant-role none none",
                      "user revoke-role", "user revoke-role none none", "role add", "role add a b",
                      "role delete", "role delete none", "role get", "role get none", "role list x",
                      "role grant-permission", "role grant-permission a read", "role grant-permission a all k",
                      "role grant-permission none read k", "role grant-permission none read k l --prefix",
                      "role grant-permission none read k l --from-key", "role revoke-permission",
                      "role revoke-permission none", "role revoke-permission none k",
                      "role grant-permission none read k --prefix --from-key",
                      "role grant-permission none read  --prefix --from-key"]:
        case(*arguments.split(" "))
    for text in [b"", b"secret\n", b"secret\nother\n"]:
        case("user", "add", "parity", stdin=text)
        case("user", "passwd", "parity", stdin=text)
    for output in ["", " -w json", " -w fields", " -w table", " -w protobuf"]:
        sequence("auth status" + output, "user list" + output, "role list" + output)
        sequence("role add parity" + output, "role grant-permission parity readwrite a b" + output,
                 "role grant-permission parity READ foo --prefix" + output,
                 "role grant-permission parity write  --prefix" + output, "role grant-permission parity read k" + output,
                 "role grant-permission parity read l --from-key" + output, "role get parity" + output,
                 "role list" + output, "user add parity:secret" + output, "user grant-role parity parity" + output,
                 "user get parity" + output, "user get parity --detail" + output, "user list" + output,
                 ("user passwd parity" + output, b"secret\nsecret\n"),
                 ("user passwd parity --interactive=false" + output, b"secret"),
                 "user revoke-role parity parity" + output, "role revoke-permission parity a b" + output,
                 "role revoke-permission parity foo --prefix" + output, "role revoke-permission parity k" + output,
                 "role revoke-permission parity  --prefix" + output,
                 "role revoke-permission parity l --from-key" + output, "role delete parity" + output,
                 "user delete parity" + output)
    sequence(("user add parity", b"secret\nsecret\n"), "user delete parity")
    sequence(("user add parity --interactive=false", b"secret\n"), "user delete parity")
    sequence("user add parity --no-password", "user delete parity")
    sequence("user add parity --new-user-password x", "user delete parity")


def maintenance_cases():
    for arguments in ["move-leader", "move-leader zz", "move-leader 1", "move-leader 1 2", "move-leader 1 -w json",
                      "downgrade validate", "downgrade validate 3.6 3.5", "downgrade validate 3.6",
                      "downgrade validate 3.5", "downgrade validate 3.7", "downgrade validate x", "downgrade enable",
                      "downgrade enable 3.0", "downgrade enable ", "downgrade cancel", "downgrade cancel x",
                      "downgrade validate 3.6 -w json", "downgrade validate 3.6 -w fields",
                      "downgrade validate 3.6 -w table", "downgrade validate 3.6 -w protobuf", "check perf --load x",
                      "check datascale --load x", "check perf --prefix key", "check datascale --prefix key",
                      "snapshot save", "snapshot save a b", "snapshot save {scratch}/a",
                      "snapshot save {scratch}/none/a", "snapshot save {scratch}/a -w json",
                      "snapshot save {scratch}/a --endpoints a,b",
                      "snapshot save {scratch}/a --endpoints 127.0.0.1:1 --command-timeout 200ms",
                      "completion", "completion x", "completion bash x", "lock", "lock a --ttl x", "elect", "elect a",
                      "elect a b -l", "elect a b c", "make-mirror", "make-mirror a b",
                      "make-mirror x --dest-prefix a --no-dest-prefix", "make-mirror x --max-txn-ops -1",
                      "make-mirror x --dest-cert c", "lock a true", "lock a false", "lock a -w bogus",
                      "lock a /nonexistent/program", "lock a no-such-program-anywhere", "lock a true --ttl 0"]:
        case(*arguments.split(" "))
    case("lock", "a", "sh", "--", "-c", "exit 7")
    case("lock", "a", "--", "sh", "-c", "echo out; echo err >&2; kill -9 $$")
    case("lock", "a", "--", "sh", "-c", "cat; exit 3", stdin=b"not for the program\n")
    case("lock", "a", "--", "sh", "-c", "test $ETCD_LOCK_REV -gt 0 && echo ${#ETCD_LOCK_KEY}")


def global_cases():
    case("get", "key", "--cacert", "/nonexistent")
    case("get", "key", "--cacert", "")
    case("get", "key", "--cert", "/nonexistent")
    case("get", "key", "--key", "/nonexistent")
    case("get", "key", "--cert", "/nonexistent", "--key", "/nonexistent")
    for command in [["endpoint", "status"], ["endpoint", "health"], ["endpoint", "hashkv"], ["defrag"]]:
        case(*command, "--cacert", "/nonexistent")
        case(*command, "--cluster", "--cacert", "/nonexistent")
    case("get", "key", "--user", "root:x")
    case("get", "key", "--user", "root", "--password", "x")
    case("get", "key", "--auth-jwt-token", "abc")
    case("get", "key", environment={"ETCDCTL_WRITE_OUT": "json"})
    case("get", "key", environment={"ETCDCTL_WRITE_OUT": "bogus"})
    case("get", "key", environment={"ETCDCTL_HEX": "true"})
    case("get", "key", environment={"ETCDCTL_HEX": "perhaps"})
    case("get", "key", "--hex", environment={"ETCDCTL_HEX": "true"})
    case("get", "key", environment={"ETCDCTL_BOGUS": "1"})
    case("get", environment={"ETCDCTL_WRITE_OUT": "bogus"})


GO_VALUE = re.compile(rb" \(&\{.*\}\)$")
TIME = re.compile(rb"\d+(?:\.\d+)?(?:ms|\xc2\xb5s|s)\b")

# What differs from run to run: the count of writes, times and the sizes of the store.
MASKS = [
    (re.compile(rb'("(?:revision|mod_revision|create_revision|hash_revision|raftIndex|raftAppliedIndex|hash)":)\d+'), rb"\1N"),
    (re.compile(rb'("(?:dbSize|dbSizeInUse|authRevision)":)\d+'), rb"\1N"),
    (re.compile(rb"(AuthRevision: |compacted revision )\d+"), rb"\1N"),
    # Leases get their numbers from the server.
    (re.compile(rb"(\blease )[0-9a-f]{16}"), rb"\1L"),
    (re.compile(rb'("(?:ID|id)" ?: ?)(?:\d+|[0-9a-f]+)(?=[,}\n])'), rb"\1L"),
    (re.compile(rb'("(?:Prev)?(?:Revision|CreateRevision|ModRevision|HashRevision|Hash|RaftIndex|RaftAppliedIndex|DBSize|DBSizeInUse)" : )\d+'), rb"\1N"),
    (TIME, b"T"),
]

# A number in field 2 or 3 of a message, where protobuf answers hold their revisions.
PROTOBUF_REVISION = re.compile(rb"[\x10\x18][\x80-\xff]*[\x00-\x7f]")


def mask(text, arguments):
    if "protobuf" in arguments:
        return PROTOBUF_REVISION.sub(b"", text)
    for pattern, replacement in MASKS:
        text = pattern.sub(replacement, text)
    if arguments[:1] in (["endpoint"], ["en"]) or "endpoint" in arguments:
        # Cells shrink and grow with the times and sizes in them.
        text = re.sub(rb"\d+(\.\d+)? (kB|MB|GB)|\d+%|, \d+", b"N", text)
        text = re.sub(rb" +|(\xe2\x94\x80)+", b" ", text)
        text = re.sub(rb"\xe2\x94\x82 \d+ (?=\xe2\x94\x82)", b"| N ", text)
    return text


def mask_errors(text):
    lines = []
    for line in text.split(b"\n"):
        if line.startswith(b"Usage:"):
            break
        # etcdctl reads passwords with a program that complains without a terminal.
        if not line.startswith((b'{"level"', b"Run '", b"stty: ")):
            lines.append(line)
    text = b"\n".join(lines).split(b"Did you mean")[0].rstrip()
    text = TIME.sub(b"T", text)
    # A Go value with the addresses in it.
    text = GO_VALUE.sub(b"", text)
    return text.replace(b"etcdctl", b"CTL").replace(b"quoratectl", b"CTL").replace(b"quorateCTL", b"CTL")


class Comparison:
    def __init__(self, options):
        self.endpoint = options.server_endpoint
        self.reference = options.reference_ctl
        self.ctl = options.ctl
        self.scratch = tempfile.mkdtemp()

    def line(self, tool, arguments):
        named = any("--endpoints" in argument for argument in arguments)
        arguments = [argument.replace("{endpoint}", self.endpoint).replace("{scratch}", self.scratch)
                     for argument in arguments]
        return [tool] + ([] if named else ["--endpoints", self.endpoint]) + arguments

    @staticmethod
    def environment(added):
        inherited = {k: v for k, v in os.environ.items() if not k.startswith(("ETCDCTL_", "QUORATECTL_"))}
        return {**inherited, **(added or {})}

    def call(self, tool, arguments, stdin=b"", environment=None):
        done = subprocess.run(self.line(tool, arguments), input=stdin, capture_output=True, timeout=TIMEOUT_S,
                              env=self.environment(environment))
        return done.returncode, done.stdout, done.stderr

    def reset(self):
        lines = "\n".join('put -- "%s" "%s"' % pair for pair in [("key", "value"), ("key2", "b"), ("key3", "a"),
                                                              ("-key", "dash"), ("z", "<&>")])
        self.call(self.reference, ["del", "", "--prefix"])
        status, _, error = self.call(self.reference, ["txn"], ("\n" + lines + "\n\n\n").encode())
        if status != 0:
            raise SystemExit("cannot prepare the keys: " + error.decode(errors="replace"))

    def forget_history(self):
        """Makes watches from an old revision end at once."""
        self.reset()
        _, out, _ = self.call(self.reference, ["get", "key", "-w", "fields"])
        revision = re.search(rb'"Revision" : (\d+)', out).group(1).decode()
        self.call(self.reference, ["compaction", revision])

    def run(self, tool, steps, environment):
        self.reset()
        results = []
        for arguments, stdin in steps:
            status, out, err = self.call(tool, arguments, stdin, environment)
            results.append((status, mask(out, arguments), mask_errors(err)))
        results.append((0, b" ".join(sorted(name.encode() for name in os.listdir(self.scratch))), b""))
        for name in os.listdir(self.scratch):
            os.remove(os.path.join(self.scratch, name))
        return results

    def same(self, steps, environment):
        results = [self.run(tool, steps, environment) for tool in (self.reference, self.ctl)]
        if results[0] == results[1]:
            return True
        print("DIFFERENT: %r environment=%r" % (steps, environment))
        for step, reference, ours in zip(steps + ["files"], *results):
            for name, before, after in zip(("exit code", "standard output", "standard error"), reference, ours):
                if before != after:
                    print("  %r: %s\n    reference: %r\n    ours:      %r" % (step, name, before, after))
        return False

    def close(self):
        shutil.rmtree(self.scratch)


def parser_of(description):
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--server-endpoint", required=True, help="host:port of a server whose keys may be overwritten")
    parser.add_argument("--reference-ctl", required=True, help="path of etcdctl")
    parser.add_argument("--ctl", required=True, help="path of quoratectl")
    parser.add_argument("--only", default="", help="run the cases whose arguments contain this text")
    return parser


def skip_without(reference):
    """Ends with 77, which ctest takes for skipped, where there is no etcdctl of the version that is compared with."""
    version = ""
    if os.access(reference, os.X_OK):
        version = subprocess.run([reference, "version"], capture_output=True, text=True, check=False).stdout
    if not version.startswith("etcdctl version: 3.7."):
        print("SKIPPED: %s is not etcdctl 3.7: %r" % (reference, version))
        sys.exit(77)


def main():
    parser = parser_of(__doc__)
    parser.add_argument("--verbose", action="store_true", help="name every case")
    options = parser.parse_args()
    skip_without(options.reference_ctl)
    for add in (key_value_cases, txn_cases, cluster_cases, lease_and_alarm_cases, watch_cases, auth_cases,
                maintenance_cases, global_cases):
        add()
    comparison = Comparison(options)
    comparison.forget_history()
    failed = 0
    chosen = [c for c in CASES if options.only in " ".join(" ".join(arguments) for arguments, _ in c[0])]
    for steps, environment in chosen:
        if options.verbose:
            print(steps)
        failed += not comparison.same(steps, environment)
    comparison.close()
    print("%d command lines, %d cases of %d different" % (sum(len(c[0]) for c in chosen), failed, len(chosen)))
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
