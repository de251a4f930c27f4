"""Two admin sites: each organisation's own on its host, the operator's on the account host.

Who may what is said by memberships and the operation tables; whatever is changed is changed by the
apps' services. Django's permissions play no part, and its own log (`LogEntry`) is never written: it
is one table of all organisations. The organisation's audit log is what there is.
"""
