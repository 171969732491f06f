"""Lists of any length, read lazily: `Link` pages and `{items, links}` cursors behind one iterable."""
