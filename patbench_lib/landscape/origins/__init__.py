"""Where real landscapes come from: one module a source, each with an `ORIGIN` that says what it is and reads it."""
