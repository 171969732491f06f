"""Commands: one module each. The table of `buildkite_ext.cli.app` names them, and they are imported when they run."""
