"""Pages, for people with browsers: the account host's, and each organisation's own."""
