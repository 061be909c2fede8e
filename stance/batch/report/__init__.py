"""The result of a job as one page: read in two passes, counted in arrays, bounded in size."""
