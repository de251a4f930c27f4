"""GraphQL beside the rows of tables: catalogue, batches of questions, evidence."""
