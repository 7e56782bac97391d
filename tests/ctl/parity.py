#!/usr/bin/python3
"""Runs the same command lines with etcdctl and with quoratectl and compares what they print.

Both tools talk to one server. Every case starts from the same keys, which the reference tool puts back between the two
runs; revisions go on counting, so numbers that depend on the moment are masked. Standard output and exit code must be
equal, and of standard error every line that is not a log line or a usage text.
"""

import argparse
import os
import re
import subprocess
import sys

TIMEOUT_S = 20

# Each line of the table: arguments, and optionally standard input.
PUT_FLAGS = [["-w", "json"], ["-w", "fields"], ["-w", "protobuf"], ["-w", "table"], ["--hex"]]
CASES = []


def case(*arguments, stdin=b"", environment=None):
    CASES.append((list(arguments), stdin, environment or {}))


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
                      "defrag --cluster", "defrag --endpoints=127.0.0.1:1 --command-timeout=100ms"]:
        case(*arguments.split(" "))


def watch_cases():
    case("watch")
    case("watch", "key", "--")
    case("watch", "a", "b", "--prefix")
    case("watch", "key", "--rev", "x")
    case("watch", "key", environment={"ETCDCTL_WATCH_KEY": "key"})
    case("watch", environment={"ETCDCTL_WATCH_RANGE_END": "key"})


def global_cases():
    case("get", "key", "--cacert", "/nonexistent")
    case("get", "key", "--cacert", "")
    case("get", "key", "--cert", "/nonexistent")
    case("get", "key", "--key", "/nonexistent")
    case("get", "key", "--cert", "/nonexistent", "--key", "/nonexistent")
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


TIME = re.compile(rb"\d+(?:\.\d+)?(?:ms|\xc2\xb5s|s)\b")

# What differs from run to run: the count of writes, times and the sizes of the store.
MASKS = [
    (re.compile(rb'("(?:revision|mod_revision|create_revision|hash_revision|raftIndex|raftAppliedIndex|hash)":)\d+'), rb"\1N"),
    (re.compile(rb'("(?:dbSize|dbSizeInUse)":)\d+'), rb"\1N"),
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
        if not line.startswith(b'{"level"') and not line.startswith(b"Run '"):
            lines.append(line)
    text = b"\n".join(lines).split(b"Did you mean")[0].rstrip()
    text = TIME.sub(b"T", text)
    return text.replace(b"etcdctl", b"CTL").replace(b"quoratectl", b"CTL").replace(b"quorateCTL", b"CTL")


class Comparison:
    def __init__(self, options):
        self.endpoint = options.server_endpoint
        self.reference = options.reference_ctl
        self.ctl = options.ctl
        self.verbose = options.verbose

    def call(self, tool, arguments, stdin=b"", environment=None):
        inherited = {k: v for k, v in os.environ.items() if not k.startswith(("ETCDCTL_", "QUORATECTL_"))}
        named = any("--endpoints" in argument for argument in arguments)
        arguments = [argument.replace("{endpoint}", self.endpoint) for argument in arguments]
        line = [tool] + ([] if named else ["--endpoints", self.endpoint]) + arguments
        done = subprocess.run(line, input=stdin, capture_output=True, timeout=TIMEOUT_S,
                              env={**inherited, **(environment or {})})
        return done.returncode, done.stdout, done.stderr

    def reset(self):
        lines = "\n".join('put -- "%s" "%s"' % pair for pair in [("key", "value"), ("key2", "b"), ("key3", "a"),
                                                              ("-key", "dash"), ("z", "<&>")])
        self.call(self.reference, ["del", "", "--prefix"])
        status, _, error = self.call(self.reference, ["txn"], ("\n" + lines + "\n\n\n").encode())
        if status != 0:
            raise SystemExit("cannot prepare the keys: " + error.decode(errors="replace"))

    def same(self, arguments, stdin, environment):
        results = []
        for tool in (self.reference, self.ctl):
            self.reset()
            status, out, err = self.call(tool, arguments, stdin, environment)
            results.append((status, mask(out, arguments), mask_errors(err)))
        if results[0] == results[1]:
            return True
        print("DIFFERENT: %r stdin=%r environment=%r" % (arguments, stdin, environment))
        for name, before, after in zip(("exit code", "standard output", "standard error"), *results):
            if before != after:
                print("  %s\n    reference: %r\n    ours:      %r" % (name, before, after))
        return False



def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--server-endpoint", required=True, help="host:port of a server whose keys may be overwritten")
    parser.add_argument("--reference-ctl", required=True, help="path of etcdctl")
    parser.add_argument("--ctl", required=True, help="path of quoratectl")
    parser.add_argument("--only", default="", help="run the cases whose arguments contain this text")
    parser.add_argument("--verbose", action="store_true", help="name every case")
    options = parser.parse_args()
    for add in (key_value_cases, txn_cases, cluster_cases, lease_and_alarm_cases, watch_cases, global_cases):
        add()
    comparison = Comparison(options)
    failed = 0
    chosen = [c for c in CASES if options.only in " ".join(c[0])]
    for arguments, stdin, environment in chosen:
        if options.verbose:
            print(arguments, stdin)
        failed += not comparison.same(arguments, stdin, environment)
    print("%d command lines, %d different" % (len(chosen), failed))
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
