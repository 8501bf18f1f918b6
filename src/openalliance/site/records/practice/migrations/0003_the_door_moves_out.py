"""Profiles and contact requests are of the app “intake” now; their tables stay as they are."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("practice", "0002_devices_and_kept_forms")]
    operations = [
        migrations.SeparateDatabaseAndState(
            state_operations=[
                migrations.DeleteModel(name="Profile"),
                migrations.DeleteModel(name="ContactRequest"),
            ]
        )
    ]
