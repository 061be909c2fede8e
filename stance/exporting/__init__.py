"""Checkpoints in other forms."""
