"""How a program waits for its mail and its work: `orgpost wait` and `orgpost listen`.

`wait` blocks until there is something for an actor and gives it once; `listen` goes on telling each
change. Both look at the files themselves, with the same readers as every list; what wakes them is
`orgpost.watching`, and a relay where one is there.
"""
