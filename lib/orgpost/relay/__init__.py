"""The relay: one small process beside a space that tells who is connected that something changed.

It holds nothing that anybody needs: without it everything works from the files, only later.
"""
