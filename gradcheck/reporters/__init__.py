"""Outcomes as text and files: one file a form; nothing here opens stdout."""
