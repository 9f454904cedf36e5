"""Measurements, run on purpose: each goal of the project beside what others reach on the same input."""
