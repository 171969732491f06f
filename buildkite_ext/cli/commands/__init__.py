"""Commands: one module each. The table of `buildkite_ext.cli.command_table` names them, and they are imported when they run."""
