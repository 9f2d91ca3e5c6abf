"""Spark entry points."""
