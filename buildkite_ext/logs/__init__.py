"""Job logs: which bytes are new, what their lines say, and following them live."""
