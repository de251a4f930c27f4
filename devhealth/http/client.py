"""The client: one host, one credential, one gate."""
