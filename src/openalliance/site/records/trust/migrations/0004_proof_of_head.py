"""The newest seal of each log gets a proof of its own, so that no older one can take its place."""

from typing import Any

from django.db import migrations, models

from openalliance.site.records.trust.chain import proof_of


def prove(apps: Any, _schema: Any) -> None:
    """Prove the heads as they are."""
    for head in apps.get_model("trust", "ChainHead").objects.all():
        head.proof = proof_of(head.practice_id, head.seq, head.seal)
        head.save(update_fields=["proof"])


class Migration(migrations.Migration):
    dependencies = [
        ("trust", "0003_keys"),
    ]

    operations = [
        migrations.AddField(
            model_name="chainhead",
            name="proof",
            field=models.CharField(default="", max_length=64),
        ),
        migrations.RunPython(prove, migrations.RunPython.noop),
    ]
