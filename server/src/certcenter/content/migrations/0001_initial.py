
import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
    ]

    operations = [
        migrations.CreateModel(
            name='Document',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('institution', models.SlugField(max_length=40)),
                ('kind', models.CharField(choices=[('consent-apply', 'consent to apply or renew'), ('consent-revoke', 'consent to revoke'), ('consent-token', 'terms of the token'), ('announcement', 'announcement'), ('instruction', 'instructions'), ('faq', 'question and answer')], max_length=16)),
                ('key', models.SlugField(max_length=60)),
                ('version', models.PositiveIntegerField()),
                ('rank', models.PositiveIntegerField(default=0)),
                ('title_zh', models.CharField(max_length=200)),
                ('title_en', models.CharField(max_length=200)),
                ('body', models.JSONField()),
                ('sha256', models.CharField(max_length=64)),
                ('published_at', models.DateTimeField()),
                ('published_by', models.CharField(max_length=64)),
                ('retired_at', models.DateTimeField(blank=True, null=True)),
                ('retired_by', models.CharField(blank=True, max_length=64)),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('institution', 'kind', 'key', 'version'), name='document_version_once'), models.UniqueConstraint(condition=models.Q(('retired_at__isnull', True)), fields=('institution', 'kind', 'key'), name='document_one_current'), models.CheckConstraint(condition=models.Q(('retired_at__isnull', True), ('retired_at__gte', models.F('published_at')), _connector='OR'), name='document_retired_after_publication')],
            },
        ),
        migrations.CreateModel(
            name='ConsentGiven',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('institution', models.SlugField(max_length=40)),
                ('customer_id', models.BigIntegerField()),
                ('version', models.PositiveIntegerField()),
                ('sha256', models.CharField(max_length=64)),
                ('purpose', models.CharField(max_length=20)),
                ('session', models.CharField(max_length=64)),
                ('address', models.GenericIPAddressField(blank=True, null=True)),
                ('user_agent', models.CharField(blank=True, max_length=300)),
                ('given_at', models.DateTimeField()),
                ('document', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='content.document')),
            ],
            options={
                'indexes': [models.Index(fields=['customer_id', '-given_at'], name='consent_of_customer')],
            },
        ),
    ]
