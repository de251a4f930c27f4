"""The isolation suite: it writes itself from the two schemas, the registries and the models.

seeds     marks, stored_rows, tenant_rows, account_rows, world     what acme has and globex has
cases     values, rest, graph                        what is asked, and with whose values
tests     test_*                                     `docs/tenancy.md` says what each proves
"""
