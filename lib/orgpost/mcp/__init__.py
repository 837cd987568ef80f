"""`orgpost mcp`: a second door to the same verbs, by the Model Context Protocol.

`tools` is the table of what can be called; `office` answers a call in the space and for the actor
that were fixed at the start; `server` alone knows the protocol, and is imported only to serve.
"""
