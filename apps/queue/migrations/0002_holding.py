from django.db import migrations, models

from apps.queue.guard import mechanics


class Migration(migrations.Migration):
    dependencies = [("queue", "0001_first")]

    operations = [
        migrations.AddField(
            model_name="queueshare",
            name="is_held",
            field=models.BooleanField(
                db_default=False,
                default=False,
                help_text="Nothing of it is claimed; what waits, waits.",
            ),
        ),
        migrations.RemoveIndex(model_name="queueshare", name="share_due"),
        migrations.AddIndex(
            model_name="queueshare",
            index=models.Index(
                condition=models.Q(
                    models.Q(("next_at", None), _negated=True),
                    ("is_held", False),
                    ("running__lt", models.F("limit")),
                ),
                fields=["queue", "running", "next_at"],
                name="share_due",
            ),
        ),
        # The functions of then do not name the column: a release that goes back brings its own.
        migrations.RunSQL(mechanics().sql, migrations.RunSQL.noop),
    ]
