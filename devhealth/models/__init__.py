"""What happened (`records`), what it means (`rollups`), what is decided about it (`directory`).

A record or rollup class is a table in every store, a REST schema, a GraphQL type and its own
documentation; `fields` holds the two words they are declared with.
"""
