from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("checkins", "0001_initial"),
    ]

    operations = [
        migrations.AddField(
            model_name="askedform",
            name="safety_told_at",
            field=models.DateTimeField(null=True),
        ),
    ]
