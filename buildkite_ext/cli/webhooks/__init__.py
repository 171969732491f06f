"""The commands `buildkite-ext webhooks`: receive webhooks on this computer, diagnose signatures, and send samples."""
