"""The filter of the map of partners: by GET, so that an address says what is shown."""

from django import forms
from django.utils.translation import gettext_lazy as _

from commitments.forms.fields import STATUS, with_all
from commitments.forms.filters import Filter
from commitments.models import EngagementStatus, PartnershipForm


class PartnerFilter(Filter):
    field_order = ("q", "form", "status")

    form = forms.ChoiceField(
        label=_("Form of the partnership"), required=False, choices=with_all(PartnershipForm.choices)
    )
    status = forms.ChoiceField(label=STATUS, required=False, choices=with_all(EngagementStatus.choices))
