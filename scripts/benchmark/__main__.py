"""The command line behind scripts/bench.sh."""

import argparse
import json
import os
import pathlib
import platform
import subprocess
import sys
import time

from benchmark import cases, sweeps
from benchmark.servers import Bench, Failed, raise_file_limit

SEATS = ("reference", "subject")


def parse():
    parser = argparse.ArgumentParser(prog="bench.sh", description="Measures Quorate beside etcd in one run.")
    parser.add_argument("--quick", action="store_true", help="one second and small stores: shows that all of it runs")
    parser.add_argument("--seconds", type=float, help="to measure in each case")
    parser.add_argument("--only", default="", help="names of cases, comma separated")
    parser.add_argument("--list", action="store_true", help="name the cases and sweeps")
    parser.add_argument("--sweep", default="", help="instead of the table: names of sweeps, comma separated, or all")
    parser.add_argument("--out", default="build/bench", help="where results and data directories go")
    parser.add_argument("--reference", required=True)
    parser.add_argument("--subject", required=True)
    parser.add_argument("--tool", required=True, help="quorate-bench")
    arguments = parser.parse_args()
    known = [case.name for case in cases.CASES]
    for name in filter(None, arguments.only.split(",")):
        if name not in known:
            parser.error(f"no case '{name}'; known: {', '.join(known)}")
    known = [sweep.name for sweep in sweeps.SWEEPS]
    for name in filter(None, arguments.sweep.split(",")):
        if name != "all" and name not in known:
            parser.error(f"no sweep '{name}'; known: {', '.join(known)}")
    return arguments


def machine():
    model = platform.machine()
    with open("/proc/cpuinfo", encoding="utf-8") as file:
        for line in file:
            if line.startswith("model name"):
                model = line.split(":", 1)[1].strip()
                break
    return {"cpu": model, "cores": os.cpu_count(), "kernel": platform.release(), "load_before": os.getloadavg()[0]}


def say(text):
    print(f"bench.sh: {text}", file=sys.stderr, flush=True)


def number(value):
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"


def table(results, out):
    """One row for each figure, with its bar."""
    print("| scenario | figure | etcd | Quorate | ratio | bar | met |", file=out)
    print("|---|---|--:|--:|--:|---|---|", file=out)
    for case in cases.CASES:
        of_case = results.get(case.name)
        if of_case is None:
            continue
        failed = [f"{seat}: {of_case[seat]['failed']}" for seat in SEATS if "failed" in of_case[seat]]
        if failed:
            print(f"| {case.title} | failed: {'; '.join(failed)} | | | | | no |", file=out)
            continue
        for bar in case.bars:
            theirs, ours = (bar.value(of_case[seat]) for seat in SEATS)
            met = bar.met(theirs, ours)
            verdict = "" if met is None else "yes" if met else "**no**"
            ratio = number(ours / theirs) if theirs else ""
            print(f"| {case.title} | {bar.figure}, {bar.unit} | {number(theirs)} | {number(ours)} | {ratio} "
                  f"| {bar.text()} | {verdict} |", file=out)


def measure_cases(arguments, seats, header):
    wanted = set(filter(None, arguments.only.split(",")))
    results = {}
    for case in cases.CASES:
        if wanted and case.name not in wanted:
            continue
        results[case.name] = {}
        for name in SEATS:
            say(f"{case.name}, {name}")
            try:
                results[case.name][name] = case.run(seats[name])
            except (Failed, subprocess.TimeoutExpired) as failure:
                say(f"{case.name} failed on {name}: {failure}")
                results[case.name][name] = {"failed": str(failure)}
        # Kept up to date, so that an interrupted run is not lost.
        save(arguments.out, "results", header | {"results": results})
    if arguments.quick:
        print("A quick run: short, on small stores. It shows that everything runs; the bars are for full ones.\n")
    print(f"Reference: {header['reference']}. Ratios are Quorate's figure over etcd's. {header['machine']['cores']} cores "
          f"({header['machine']['cpu']}), {header['seconds']:g} s a scenario.\n")
    table(results, sys.stdout)
    return all("failed" not in of_seat for of_case in results.values() for of_seat in of_case.values())


def measure_sweeps(arguments, seats, header):
    wanted = set(arguments.sweep.split(","))
    whole = True
    for sweep in sweeps.SWEEPS:
        if "all" not in wanted and sweep.name not in wanted:
            continue
        points = []
        for name in SEATS:
            say(f"sweep over {sweep.name}, {name}")
            try:
                for point in sweeps.measure(sweep, seats[name], sweep.quick_points if arguments.quick else sweep.points):
                    points.append(point)
            except (Failed, subprocess.TimeoutExpired) as failure:
                say(f"sweep over {sweep.name} failed on {name}: {failure}")
                whole = False
        path = save(arguments.out, f"sweep-{sweep.name}", header | {"label": sweep.label, "points": points})
        print(path)
    return whole


def save(out, kind, content):
    path = pathlib.Path(out) / f"{kind}.{content['started']}.json"
    path.write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")
    return path


def main():
    arguments = parse()
    if arguments.list:
        for one in cases.CASES:
            print(f"{one.name:18} {one.title}")
        print("sweeps: " + ", ".join(sweep.name for sweep in sweeps.SWEEPS))
        return 0
    raise_file_limit()
    os.makedirs(arguments.out, exist_ok=True)
    scale = cases.quick() if arguments.quick else cases.Scale(seconds=10)
    if arguments.seconds:
        scale = cases.dataclasses.replace(scale, seconds=arguments.seconds)
    bench = Bench(arguments.tool)
    seats = {name: cases.Seat(name, getattr(arguments, name), arguments.out, bench, scale) for name in SEATS}
    version = subprocess.run([arguments.reference, "--version"], capture_output=True, text=True, check=True).stdout
    header = {"started": time.strftime("%Y%m%dT%H%M%SZ", time.gmtime()), "machine": machine(),
              "reference": version.splitlines()[0], "seconds": scale.seconds, "quick": arguments.quick}
    run = measure_sweeps if arguments.sweep else measure_cases
    return 0 if run(arguments, seats, header) else 1


if __name__ == "__main__":
    sys.exit(main())
