"""The embedded ClickHouse engine for several processes: a small HTTP front over it.

For tests and demonstrations on one machine; it is no ClickHouse server. One process opens the
engine (`chdb`), listens on 127.0.0.1, and the ordinary clients work against it. What it does not:
TLS, other users or rights (who has the password reads and writes this account's files, by `file`
and INFILE), compressed replies, external tables, `query_id` inside the engine (no KILL QUERY),
progress while a query runs, the end of a query whose client has gone unless its result is being
streamed. A result that is not streamed is held in memory. Several statements in one request run,
where a server refuses them.
"""
