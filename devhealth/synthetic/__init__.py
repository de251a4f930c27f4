"""A world that never was, with known answers: people, code, reviews, deliveries and work items.

`world` says what there is to know of one, `making` makes it from a seed. Nothing here reads or
writes anything, asks a clock or depends on the platform: the same arguments give the same world.
"""
