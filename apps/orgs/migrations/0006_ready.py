from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("orgs", "0005_suspension")]

    operations = [
        migrations.AddField(
            model_name="organization",
            name="ready_at",
            field=models.DateTimeField(
                help_text="When its tables were made. Null: they are not there yet.", null=True
            ),
        ),
        migrations.RunSQL(
            "update orgs_organization set ready_at = created_at", migrations.RunSQL.noop
        ),
    ]
