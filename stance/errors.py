"""What users can do wrong, one class per kind of input."""


class StanceError(Exception):
    """A mistake in the user's input or environment; the message says where, what and what to do."""


class DataError(StanceError):
    """A file of rows, sentences, articles, actors or positions cannot be used as it is."""


class ConfigError(StanceError):
    """A configuration or an option names something that does not exist or does not fit."""


class CheckpointError(StanceError):
    """A checkpoint or base model is missing, damaged or does not fit."""


class EnvironmentMissing(StanceError):
    """Something that is installed separately (an extra, a base model) is not there."""
