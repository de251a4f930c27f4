"""Whoever has an account by now got it from an operator, or by a link sent to their address."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("orgs", "0006_ready"), ("account", "0009_emailaddress_unique_primary_email")]

    operations = [
        migrations.RunSQL(
            """
            insert into account_emailaddress (user_id, email, verified, "primary")
            select id, email, true, true from orgs_user
            on conflict do nothing
            """,
            migrations.RunSQL.noop,
        )
    ]
