"""How programs learn that something changed in a space, without asking all the time. No network.

Three layers, each usable alone, all of them synchronous:

`FileWatch` says which files moved: ``inbox/tex.org``, ``agents/tex-agent.org``, ``contacts.yaml``,
``helpers.org``. The journal belongs to it: what waits there for a file moves that file. It hears
the kernel's events where the library watchfiles is there, and compares sizes and times where not.

`Sight` says what that means for boxes. It is asked to `follow` a box, and from then on each `look`
tells, through the function that it was given, a `Round` of `News`: the `Change`s of each box in
the order of the file, or `reset`, where nobody can say what happened. Files that no followed box
needs are not read.

    inbox/A    ``new``, and ``edit`` of the words of what is there
    marks/A    ``state`` and ``gone`` in A's inbox: what A or a program of A's did with it
    sent/A     the same of what A sent, whoever has it; to follow it reads every inbox
    agents/A   all of these in an agent's tasks
    trays/T    all of these in a tray

`Watcher` runs the two in a thread:

    sight = Sight(post.store, post.contacts.load, post.clock, tell)
    watcher = Watcher(FileWatch(post.space, post.clock), sight)
    Thread(target=watcher.run).start()    # and later watcher.stop(), join
    sight.follow("inbox/tex")             # from any thread; on return nothing is missed
    sight.look(["inbox/tex.org"])         # at once, after a write of one's own

What it keeps: what a change names can be read at that moment, by the same reader as ``orgpost
inbox`` and ``task list``; an entry that is only half there is not told; one that waits for an
editor is told when it is acknowledged, and not again when it reaches its file; neither is a save
that changes no word. Nothing has an offset here: history is the business of whoever serves it.
"""
