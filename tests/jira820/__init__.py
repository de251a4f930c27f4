"""A Jira that nobody here wrote: `jira820` of PyPI, with its own issues. `make peer-jira` runs it.

It imitates Jira Data Center 8.20, so it knows version 2 of the API and neither `search/jql`, nor
`changelog/bulkfetch`, nor an issue's own list of changes: all of version 3 is 404 there. `front`
asks it what it knows and answers as version 3 does; what is told of issues, people, statuses and
changes is its own word, and so is every count that ours are held against.
"""
