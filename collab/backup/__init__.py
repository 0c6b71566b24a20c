"""Everything an installation can't make again in one file, and back: the database, the uploads, the keys.

`archive` is the file, `sqlite` and `postgres` take a database's copy and put one in its place, `saving` and `restoring`
are the two procedures; the commands `backup` and `restore` are their doors.
"""


class Refused(Exception):
    """Nothing was changed; the text says why, and what to do."""
