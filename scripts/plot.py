#!/usr/bin/python3
"""Draws how cost grows, from what scripts/bench.sh --sweep measured.

  scripts/bench.sh --sweep all && scripts/plot.py build/bench/sweep-*.json

Writes <name>.svg for each sweep into docs/benchmarks (--out): throughput and the server's CPU per request, Quorate beside
etcd. Of several files of one sweep the newest is drawn. Needs python3-matplotlib; with --install it is fetched from
Debian first (scripts/install-deps.sh --dev).
"""

import argparse
import json
import pathlib
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
NAMES = {"reference": "etcd", "subject": "Quorate"}
COLORS = {"reference": "#8a8f98", "subject": "#0b62c4"}
# Each load of a sweep has a line style of its own, in order of appearance.
STYLES = ("-", "--", ":", "-.")
# Figure of a point, and how to call it.
PANELS = (("per_s", "{what} per second"), ("cpu_us", "server CPU per {one}, us"))


def newest(paths):
    """The last file of each sweep, by name; names carry the time they were begun."""
    files = {}
    for path in sorted(paths, key=lambda path: path.name.rsplit(".", 2)[1]):
        files[path.name.split(".", 1)[0].removeprefix("sweep-")] = path
    return files


def curves(points):
    """(load, seat) -> points in order of x."""
    found = {}
    for point in points:
        found.setdefault((point["load"], point["seat"]), []).append(point)
    return {key: sorted(of_curve, key=lambda point: point["x"]) for key, of_curve in found.items()}


def draw(pyplot, name, sweep, path):
    of_watchers = name == "watchers"
    words = {"what": "events" if of_watchers else "requests", "one": "event" if of_watchers else "request"}
    figure, axes = pyplot.subplots(1, len(PANELS), figsize=(11, 4.2))
    found = curves(sweep["points"])
    loads = list(dict.fromkeys(load for load, _ in found))
    for axis, (field, title) in zip(axes, PANELS):
        for (load, seat), points in found.items():
            axis.plot([point["x"] for point in points], [point[field] for point in points], marker="o", markersize=3.5,
                      color=COLORS[seat], linestyle=STYLES[loads.index(load) % len(STYLES)],
                      label=f"{NAMES[seat]}, {load}")
        axis.set_xscale("log")
        axis.set_yscale("log")
        axis.set_xlabel(sweep["label"])
        axis.set_title(title.format(**words), fontsize=10)
        axis.grid(True, which="both", alpha=0.25)
    axes[0].legend(fontsize=8)
    figure.tight_layout()
    # Without a date and with stable ids, so that the same figures make the same file.
    figure.savefig(path, metadata={"Date": None})
    pyplot.close(figure)


def main():
    parser = argparse.ArgumentParser(prog="plot.py", description=__doc__.splitlines()[0])
    parser.add_argument("files", nargs="*", type=pathlib.Path, help="sweep-*.json; by default those in build/bench")
    parser.add_argument("--out", type=pathlib.Path, default=ROOT / "docs/benchmarks")
    parser.add_argument("--install", action="store_true", help="install matplotlib first, if it is missing")
    arguments = parser.parse_args()
    files = arguments.files or list((ROOT / "build/bench").glob("sweep-*.json"))
    if not files:
        parser.error("nothing to draw; measure with scripts/bench.sh --sweep all")
    if arguments.install:
        subprocess.run([ROOT / "scripts/install-deps.sh", "--dev"], check=True)
    try:
        import matplotlib
    except ImportError:
        parser.error("no matplotlib; give --install, or install python3-matplotlib")
    matplotlib.use("svg")
    matplotlib.rcParams["svg.hashsalt"] = "quorate"
    from matplotlib import pyplot

    arguments.out.mkdir(parents=True, exist_ok=True)
    for name, path in newest(files).items():
        image = arguments.out / f"{name}.svg"
        draw(pyplot, name, json.loads(path.read_text(encoding="utf-8")), image)
        print(image)
    return 0


if __name__ == "__main__":
    sys.exit(main())
