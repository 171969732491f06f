"""The application of cyclopts that parses command lines, made of the table of commands."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cyclopts import App

from ..version import __version__
from .command_table import COMMANDS, DESCRIPTION, EPILOGUE, PROGRAM, Command, CommandGroup, epilogue_of
from .env import environment_help
from .exit_codes import exit_codes_help

if TYPE_CHECKING:
    from cyclopts.help import HelpPanel
    from rich.console import Console, ConsoleOptions, RenderableType

__all__ = ["app"]


class _Formatter:
    """Formatter of help texts that fills the lines of each description: cyclopts breaks them where docstrings do.

    It isn't a subclass of cyclopts' own, whose module loads rich.
    """

    def __call__(self, console: Console, options: ConsoleOptions, panel: HelpPanel) -> None:
        from cyclopts.help import DefaultFormatter, InlineText
        from rich.text import Text

        for entry in panel.entries:
            if isinstance(entry.description, InlineText) and isinstance(entry.description.primary_renderable, Text):
                filled = " ".join(entry.description.primary_renderable.plain.split())
                entry.description.primary_renderable = Text(filled)
        DefaultFormatter()(console, options, panel)

    def render_usage(self, console: Console, options: ConsoleOptions, usage: RenderableType | None) -> None:
        """Print the usage as cyclopts does."""
        from cyclopts.help import DefaultFormatter

        DefaultFormatter().render_usage(console, options, usage)

    def render_description(self, console: Console, options: ConsoleOptions, description: RenderableType | None) -> None:
        """Print the description as cyclopts does."""
        from cyclopts.help import DefaultFormatter

        DefaultFormatter().render_description(console, options, description)


def _app(commands: tuple[Command | CommandGroup, ...]) -> App:
    """Make the cyclopts application of a table."""
    program = App(
        name=PROGRAM,
        help=DESCRIPTION,
        version=__version__,
        help_format="plaintext",
        help_formatter=_Formatter(),
        help_epilogue=EPILOGUE,
    )
    for command in commands:
        if isinstance(command, Command):
            _register(program, command, command.name)
            continue
        epilogue = epilogue_of(
            command.examples,
            environment_help(api=any(each.api for each in command.commands), webhooks=command.webhooks),
            f"For options and exit codes: {PROGRAM} {command.name} COMMAND --help",
        )
        group = App(
            name=command.name,
            help=command.help,
            help_format="plaintext",
            help_formatter=_Formatter(),
            help_epilogue=epilogue,
        )
        for each in command.commands:
            _register(group, each, f"{command.name} {each.name}", webhooks=command.webhooks)
        program.command(group)
    return program


def _register(program: App, command: Command, words: str, *, webhooks: bool = False) -> None:
    """Add a command.

    Args:
        program: what to add it to.
        command: the command.
        words: its words on the command line.
        webhooks: it receives, verifies or sends webhooks.
    """
    epilogue = epilogue_of(
        _own_examples(command.examples, words),
        environment_help(api=command.api, webhooks=webhooks),
        exit_codes_help(command.codes),
    )
    usage = None if command.usage is None else f"Usage: {PROGRAM} {words} {command.usage}"
    # A string is imported by cyclopts when the command is used.
    program.command(command.function, name=command.name, help=command.help, help_epilogue=epilogue, usage=usage)


def _own_examples(text: str, words: str) -> str:
    """Return the examples of one command. A line that ends with a backslash continues on the next.

    Example:
        >>> from buildkite_ext.cli.command_table import EXAMPLES
        >>> print(_own_examples(EXAMPLES, "simulate"))
        Examples:
          buildkite-ext simulate --port 8080
          buildkite-ext simulate --pipeline .buildkite/pipeline.yml
          buildkite-ext simulate --scenario scenario.yml --at-once
    """
    title, *lines = text.strip().splitlines()
    own: list[str] = []
    taken = False
    for line in lines:
        if not line.startswith("    "):
            taken = f"{PROGRAM} {words} " in line
        if taken:
            own.append(line)
    return "\n".join([title, *own])


app = _app(COMMANDS)
"""The application that `buildkite_ext.cli.entry` runs."""
