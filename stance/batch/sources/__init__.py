"""Where articles come from; each module reads one family of formats, row by row."""
