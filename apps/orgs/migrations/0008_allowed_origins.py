from django.contrib.postgres.fields import ArrayField
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("orgs", "0007_verified_addresses")]

    operations = [
        migrations.AddField(
            model_name="organization",
            name="allowed_origins",
            field=ArrayField(
                base_field=models.CharField(max_length=300),
                db_default=[],
                default=list,
                help_text="Whose pages in browsers may ask its API, exactly: https://app.example.",
                size=None,
            ),
        ),
    ]
