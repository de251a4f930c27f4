"""The crash suite: real processes, real servers, ended where it hurts.

    python -m tests.chaos [NAME …] [--store clickhouse] [--seed N] [--table]

traps      files by which this process stops a worker at a named point, and lets it go again
edges      what the chaos worker is wrapped with; `worker` is its entry module
servers    PostgreSQL, Valkey and ClickHouse that stop and come back on their ports
proxy      a store that can be cut off
fleet      workers and clocks as processes
history    the repository, as it is early, in full and rewritten
stage      the world that scenes play in: organisations, their backfills and runs
watch      looks at shares, slots and marks all the time
checks     what must hold when a case is over
scenes/    the cases; those that do not disturb one another are played at once
"""
