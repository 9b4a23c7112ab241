"""Timing of rivals in turns, so that a busy machine slows all of them alike."""

from __future__ import annotations

import argparse
import json
import os
import platform
import statistics
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any


def in_turns(rivals: Mapping[str, Callable[[], Any]], rounds: int) -> dict[str, list[float]]:
    """Run each rival once unmeasured, then all in turns, each round starting with the next; return seconds."""
    names = list(rivals)
    seconds: dict[str, list[float]] = {name: [] for name in names}
    for turn in range(-1, rounds):
        for name in names[turn % len(names) :] + names[: turn % len(names)]:
            began = time.perf_counter()
            rivals[name]()
            if turn >= 0:
                seconds[name].append(time.perf_counter() - began)
    return seconds


def ratio(seconds: Mapping[str, list[float]], above: str, below: str) -> float:
    """Return the median over rounds of one rival's time by the other's in the same round."""
    return statistics.median(a / b for a, b in zip(seconds[above], seconds[below], strict=True))


def arguments(description: str | None, **numbers: int) -> argparse.Namespace:
    """Read sizes from the command line; each keyword is an option with its default."""
    parser = argparse.ArgumentParser(description=description)
    for name, default in numbers.items():
        parser.add_argument(f"--{name}", type=int, default=default, help=f"default {default:,}")
    parser.add_argument("--json", type=Path, help="also write the figures to this file")
    return parser.parse_args()


def report(
    options: argparse.Namespace, seconds: Mapping[str, list[float]], figures: Mapping[str, tuple[float, str]]
) -> None:
    """Print the medians and the figures with their aims; write them as JSON where asked."""
    sizes = {name: value for name, value in vars(options).items() if name != "json"}
    print(", ".join(f"{name} {value:,}" for name, value in sizes.items()) + f"; {os.cpu_count()} cores")
    for name, values in seconds.items():
        print(f"  {name:<34}{statistics.median(values):>9.3f} s  (fastest {min(values):.3f}, {len(values)} rounds)")
    for name, (value, aim) in figures.items():
        print(f"  {name:<52}{value:>9.3f}  {aim}")
    if options.json:
        content = {
            "sizes": sizes,
            "seconds": dict(seconds),
            "figures": {name: value for name, (value, _) in figures.items()},
            "machine": f"{platform.processor() or platform.machine()}, {os.cpu_count()} cores",
        }
        options.json.write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")
