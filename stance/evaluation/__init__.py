"""Metrics and reports. Pure: gold and predictions in, numbers out; no model is loaded here."""
