"""Stages, recipes and the plan that joins them."""
