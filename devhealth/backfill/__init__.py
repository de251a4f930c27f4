"""The past, window by window: a range of UTC days is cut into windows, each synced on its own.

A window goes through the pipeline of every sync and never moves the mark from which the next
incremental run goes on. It may be cut short and run again, in any order, any number of times.
"""
