from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("orgs", "0004_browsers")]

    operations = [
        migrations.AddField(
            model_name="organization",
            name="suspended_at",
            field=models.DateTimeField(help_text="Null: it is open.", null=True),
        ),
        migrations.AddField(
            model_name="organization",
            name="suspended_reason",
            field=models.TextField(
                db_default="", default="", help_text="For staff; nobody else is told."
            ),
        ),
        migrations.AddField(
            model_name="organization",
            name="deletion_asked_at",
            field=models.DateTimeField(
                help_text="Then all of it is being deleted, and it opens no more. Null: not.",
                null=True,
            ),
        ),
    ]
