"""devhealth: what engineering teams already produce, as numbers that can be opened and trusted.

Five stages, one direction, no shortcut:

    connectors   fetch      in the provider's own words
    processors   normalise  raw → record, pure
    sinks        keep       records and rollups, one contract for every store
    metrics      roll up    records → rollups, pure
    api          serve      lives in `apps/`, where who is asking is known

`sync` joins the first three, `recompute` the next two; `backfill` syncs the past, window by window.
This package is the pipeline: plain arguments, no Django, and it makes sense in a script on a
laptop.
"""
