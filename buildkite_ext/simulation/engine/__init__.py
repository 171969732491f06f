"""Engine: changes the state as time passes and emits an event for each change."""
