"""Encoding: texts to vectors, once each, kept in a store that survives."""
