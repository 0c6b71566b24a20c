"""Workloads of our own, without peers, a file for each: `./run bench` runs them and writes tables."""
