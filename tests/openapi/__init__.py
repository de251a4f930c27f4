"""GitHub as GitHub itself describes it: a peer that nobody here wrote. `make peer-github` runs it.

`@octokit/openapi` is GitHub's own description, `@stoplight/prism-cli` a server of any description:
it answers with the description's examples, or with what it makes up by its schemas, and refuses
every request that the description does not allow. It knows nothing of GraphQL.
"""
