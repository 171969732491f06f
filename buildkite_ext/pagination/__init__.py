"""Lists of any length, read lazily: one walker over `Link` pages and cursors, of models or of JSON."""

__all__: list[str] = []
