"""What people type to keep a list with its filters."""

from django import forms
from django.utils.translation import gettext_lazy as _


class SavedViewForm(forms.Form):
    """The name of a view."""

    name = forms.CharField(
        label=_("Name of the view"), max_length=80, widget=forms.TextInput(attrs={"autocomplete": "off"})
    )
