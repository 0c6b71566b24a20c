"""Each turns its I/O into a `Session` and nothing more: joining is in `admission`, everything after it in the room."""
