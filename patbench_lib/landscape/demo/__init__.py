"""Seeded synthetic patent landscapes, honest about being synthetic, for demonstration, teaching and tests."""

from patbench_lib.landscape.demo.effects import Effects
from patbench_lib.landscape.demo.landscape import generate

__all__ = ["Effects", "generate"]
