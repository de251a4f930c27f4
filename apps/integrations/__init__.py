"""Connections to providers: whose, to which site, by which credential, and how well."""
