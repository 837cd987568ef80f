"""The language of the files: text goes in and comes out, and nothing here touches a disk.

`syntax` names what is allowed, `quote` makes any text harmless and brings it back, `stamp` reads
and writes times, `scan` finds entries in a file's bytes, `entry` reads and writes one of them,
`change` changes one and leaves its other bytes, `logbook` speaks LOGBOOK, `splice` finds what
differs. docs/format.md is this package as a standard for other programs.
"""
