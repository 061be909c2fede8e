"""Self-contained HTML pages: one frame, one stylesheet, one table script, everything escaped."""
