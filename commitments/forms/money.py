"""Amounts of money as people write them: "12.500", "12.500,50 €", in English "12,500.50"."""

import re
from decimal import Decimal
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from commitments import texts

LARGEST = Decimal("999999999999.99")
GROUPED = {
    "de": re.compile(r"\d{1,3}(?:\.\d{3})+(?:,\d{1,2})?"),
    "en": re.compile(r"\d{1,3}(?:,\d{3})+(?:\.\d{1,2})?"),
}
PLAIN = re.compile(r"\d{1,12}(?:[.,]\d{1,2})?")


class MoneyField(forms.Field):
    """Euros; empty where the amount is not known. Thousands are read as the page's language groups them."""

    def __init__(self, **options: Any) -> None:
        options.setdefault("help_text", _("In euros, for instance 12.500 or 12.500,50. Leave empty if not known."))
        options.setdefault("widget", forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off"}))
        super().__init__(required=False, **options)

    def to_python(self, value: Any) -> Decimal | None:
        """The amount; raises ValidationError for what is no amount of zero or more."""
        written = re.sub(r"[\s\u00a0\u202f€]|EUR", "", str("" if value is None else value))
        if not written:
            return None
        language = texts.reader_language()
        group, point = (".", ",") if language == "de" else (",", ".")
        if GROUPED["de" if language == "de" else "en"].fullmatch(written):
            written = written.replace(group, "").replace(point, ".")
        elif PLAIN.fullmatch(written):
            written = written.replace(",", ".")
        else:
            sentence = _("“%(value)s” is not an amount of money. Write it like 12500 or 12500,50.")
            raise ValidationError(sentence, params={"value": str(value)[:24]})
        amount = Decimal(written)
        if amount > LARGEST:
            raise ValidationError(_("This amount is too large."))
        return amount

    def prepare_value(self, value: Any) -> Any:
        if not isinstance(value, Decimal):
            return value
        return texts.euro(value).replace("€", "").strip("\u00a0 ")

    def has_changed(self, initial: Any, data: Any) -> bool:
        return bool(super().has_changed(self.prepare_value(initial), data))
