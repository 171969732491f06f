"""The version of buildkite-ext, in one place: the wheel, `buildkite_ext.__version__` and the User-Agent read it here."""

__all__ = ["__version__"]

__version__ = "0.1.0"
