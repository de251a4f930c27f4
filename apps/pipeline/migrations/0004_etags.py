from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("pipeline", "0003_integration"),
    ]

    operations = [
        migrations.AddField(
            model_name="syncwatermark",
            name="etags",
            field=models.JSONField(
                default=dict,
                help_text="Entity tags of what is stored: the next sync asks by them.",
            ),
        ),
    ]
