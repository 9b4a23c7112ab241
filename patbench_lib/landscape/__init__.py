"""Landscapes: patents with their citations, families and labels, from any source, in one schema."""
