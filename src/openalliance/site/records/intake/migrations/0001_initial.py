"""Profiles and contact requests come from the app “practice”, where their tables were made."""

import uuid

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import openalliance.site.records.trust.fields


class Migration(migrations.Migration):
    initial = True
    dependencies = [("practice", "0003_the_door_moves_out")]
    operations = [
        migrations.SeparateDatabaseAndState(
            state_operations=[
                migrations.CreateModel(
                    name="Profile",
                    fields=[
                        ("person", models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, primary_key=True, related_name="profile", serialize=False, to=settings.AUTH_USER_MODEL)),
                        ("headline", models.CharField(blank=True, max_length=160)),
                        ("about", models.TextField(blank=True)),
                        ("languages", models.CharField(blank=True, max_length=200)),
                        ("approach", models.CharField(blank=True, max_length=200)),
                        ("is_public", models.BooleanField(default=False)),
                    ],
                    options={"db_table": "practice_profile"},
                ),
                migrations.CreateModel(
                    name="ContactRequest",
                    fields=[
                        ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                        ("at", models.DateTimeField()),
                        ("name", openalliance.site.records.trust.fields.EncryptedTextField()),
                        ("reach_me", openalliance.site.records.trust.fields.EncryptedTextField()),
                        ("message", openalliance.site.records.trust.fields.EncryptedTextField()),
                        ("handled_at", models.DateTimeField(null=True)),
                        ("handled_by", models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name="+", to=settings.AUTH_USER_MODEL)),
                        ("therapist", models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name="+", to=settings.AUTH_USER_MODEL)),
                        ("practice", models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to="practice.practice")),
                    ],
                    options={"db_table": "practice_contactrequest"},
                ),
            ]
        ),
    ]
