"""The board: the post office as web pages, beside the relay and in its process.

It reads and writes through the same services as the command line, and holds nothing. Pages are
made from values by templates; without JavaScript everything but the news works.
"""
