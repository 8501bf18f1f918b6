# A rating of a goal becomes a rating of any part of the plan; what was kept stays what it was.

import uuid

import django.db.models.deletion
from django.db import migrations, models

import openalliance.site.records.trust.fields


class Migration(migrations.Migration):
    dependencies = [
        ("care", "0002_erased"),
        ("plans", "0001_initial"),
        ("practice", "0001_initial"),
    ]

    operations = [
        migrations.RemoveConstraint(model_name="goalrating", name="goal_rating_0_to_10"),
        migrations.RemoveIndex(model_name="goalrating", name="plans_goalr_episode_a7fbbe_idx"),
        migrations.RenameModel(old_name="GoalRating", new_name="PlanRating"),
        migrations.RenameField(model_name="planrating", old_name="goal_id", new_name="part"),
        migrations.AddField(
            model_name="planrating",
            name="aspect",
            field=models.CharField(default="progress", max_length=12),
        ),
        migrations.AlterField(
            model_name="planrating", name="value", field=models.SmallIntegerField()
        ),
        migrations.CreateModel(
            name='PlanComment',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('by_side', models.CharField(max_length=10)),
                ('words', openalliance.site.records.trust.fields.EncryptedTextField()),
                ('at', models.DateTimeField()),
            ],
        ),
        migrations.AddField(
            model_name='planversion',
            name='answers',
            field=models.OneToOneField(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='answered_with', to='plans.planversion'),
        ),
        migrations.AlterField(
            model_name='planrating',
            name='episode',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='plan_ratings', to='care.episode'),
        ),
        migrations.AlterField(
            model_name='planversion',
            name='status',
            field=models.CharField(choices=[('proposed', 'proposed'), ('agreed', 'agreed'), ('declined', 'not agreed'), ('withdrawn', 'taken back'), ('replaced', 'replaced by a newer agreement'), ('countered', 'answered with another proposal')], max_length=10),
        ),
        migrations.AddIndex(
            model_name='planrating',
            index=models.Index(fields=['episode', 'aspect', 'part', 'at'], name='plans_planr_episode_6e08e3_idx'),
        ),
        migrations.AddConstraint(
            model_name='planrating',
            constraint=models.CheckConstraint(condition=models.Q(('value__gte', -3), ('value__lte', 10)), name='plan_rating_range'),
        ),
        migrations.AddField(
            model_name='plancomment',
            name='episode',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='plan_comments', to='care.episode'),
        ),
        migrations.AddField(
            model_name='plancomment',
            name='practice',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='practice.practice'),
        ),
        migrations.AddField(
            model_name='plancomment',
            name='version',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='comments', to='plans.planversion'),
        ),
        migrations.AddIndex(
            model_name='plancomment',
            index=models.Index(fields=['version', 'at'], name='plans_planc_version_d7d536_idx'),
        ),
    ]
