"""`--help` of the whole program, in the form that cyclopts gives to that of each command.

Cyclopts itself isn't imported for it, which takes longer than to print it.
"""

from __future__ import annotations

import math
import os
import textwrap

from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from ..command_table import COMMANDS, DESCRIPTION, EPILOGUE, PROGRAM
from .console import ClampedConsole, sizes_clamped

__all__ = ["print_program_help"]

_NAMES = 0.35
"""Largest part of the width that the names of the commands take."""

_FLAGS = (("--help (-h)", "Display this message and exit."), ("--version", "Display application version."))


def print_program_help() -> None:
    """Print the usage, the commands, and examples."""
    console = ClampedConsole(_environ=sizes_clamped(os.environ))
    table = Table(box=None, show_header=False, pad_edge=False, padding=(0, 2, 0, 0))
    width = math.ceil(console.width * _NAMES)
    table.add_column(style="cyan", max_width=width)
    table.add_column(overflow="fold")
    commands = sorted((command.name, command.help.partition("\n")[0]) for command in COMMANDS)
    for name, help_ in (*commands, *_FLAGS):
        lines = textwrap.wrap(name, width, subsequent_indent="  ", break_on_hyphens=False)
        table.add_row("\n".join(lines), Text(help_))
    console.print(Text.assemble(("Usage: ", "bold"), (f"{PROGRAM} COMMAND\n", "bold")))
    console.print(Text(f"{DESCRIPTION}\n"))
    console.print(Panel(table, title="Commands", title_align="left"))
    console.print()
    console.print(Text(EPILOGUE))
