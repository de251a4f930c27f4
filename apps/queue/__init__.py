"""All work of the service, in one mechanism: PostgreSQL is the truth, Redis only a doorbell.

services   add a unit of work, in the caller's own transaction
bells      tell the workers, after the commit; whatever is not heard, the clock tells again
claims     one unit for one worker: fair among organisations, never above a limit
leases     who works on what, and until when he is believed to
work       what an actor holds in its hands: checkpoint, finishing
company    who works beside whom in a process: a suspect is alone
actors     bodies by name; how every way to end is told
clock      takes back what was lost, rings for what is due
"""
