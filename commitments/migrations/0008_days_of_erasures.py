"""The days of erasures get names of their own: every history has a column ``erased_on`` already."""

from django.db import migrations, models

CARRIED_OUT = models.Q(("state", "carried_out"), _negated=True) | models.Q(
    ("carried_out_at__isnull", False), ("carried_out_on__isnull", False), ("signed_by__isnull", False)
)


class Migration(migrations.Migration):

    dependencies = [
        ("commitments", "0007_erasures"),
    ]

    operations = [
        migrations.RemoveConstraint("erasure", "erasure_carried_out_with_two_signatures"),
        migrations.RenameField("erasure", "erased_on", "carried_out_on"),
        migrations.RenameField("historicalerasure", "erased_on", "carried_out_on"),
        migrations.AddField(
            "historicalerasure", "erased_on", models.DateField(editable=False, null=True), preserve_default=False
        ),
        migrations.AddConstraint(
            "erasure",
            models.CheckConstraint(
                condition=CARRIED_OUT,
                name="erasure_carried_out_with_two_signatures",
                violation_error_message="An erasure is carried out with the second signature only.",
            ),
        ),
        migrations.RenameField("erasedrow", "erased_on", "emptied_on"),
        migrations.RenameField("historicalerasedrow", "erased_on", "emptied_on"),
        migrations.AddField(
            "historicalerasedrow", "erased_on", models.DateField(editable=False, null=True), preserve_default=False
        ),
    ]
