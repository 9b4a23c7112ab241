"""Retrieval: systems that rank documents for queries, and the runs they make."""
