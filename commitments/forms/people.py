"""What the administration types about people and units, and who signs for access to protected content."""

from datetime import date
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from commitments import texts
from commitments.forms.fields import ReasonedEdit, day_input, limit_texts, text_area
from commitments.models import OrganisationalUnit, Role, UnitKind, User

KEY = r"[-a-z0-9]+"


def reason(sentence: Any) -> forms.CharField:
    return forms.CharField(
        label=_("Reason"),
        help_text=_("One sentence. It stays in the history for good, with your role and the date."),
        widget=text_area(2),
        max_length=1000,
        error_messages={"required": sentence},
    )


class Units(forms.ModelChoiceField):  # type: ignore[type-arg] # generic for the type checker only
    """One of the units that exist on a day."""

    def __init__(self, **options: Any) -> None:
        super().__init__(OrganisationalUnit.objects.order_by("name_de"), to_field_name="key", **options)

    def label_from_instance(self, obj: Any) -> str:
        return texts.localized(obj, "name")


class SeveralUnits(forms.ModelMultipleChoiceField):  # type: ignore[type-arg] # generic for the type checker only
    def __init__(self, **options: Any) -> None:
        super().__init__(
            OrganisationalUnit.objects.order_by("name_de"),
            to_field_name="key",
            widget=forms.CheckboxSelectMultiple,
            **options,
        )

    def label_from_instance(self, obj: Any) -> str:
        return texts.localized(obj, "name")


class People(forms.ModelChoiceField):  # type: ignore[type-arg] # generic for the type checker only
    """One of the people with an account."""

    def __init__(self, **options: Any) -> None:
        super().__init__(User.objects.filter(is_active=True).order_by("name"), **options)

    def label_from_instance(self, obj: Any) -> str:
        return f"{obj.name} ({obj.email})"


class PersonForm(ReasonedEdit):
    """A person's account. Rights come from roles alone."""

    field_order = ("name", "email", "language", "is_active", "reason")

    name = forms.CharField(label=_("Name"), max_length=200, error_messages={"required": _("Give a name.")})
    email = forms.EmailField(
        label=_("E-mail address"),
        max_length=254,
        help_text=_("The official address. The person signs in with it, and mails go there."),
        error_messages={"required": _("Give an e-mail address."), "invalid": _("This is not an e-mail address.")},
    )
    language = forms.ChoiceField(label=_("Language"), choices=(("de", "Deutsch"), ("en", "English")))
    is_active = forms.BooleanField(label=_("May sign in"), required=False)

    def clean_email(self) -> str:
        return str(self.cleaned_data["email"]).strip().lower()


class NewPersonForm(PersonForm):
    """A new account; it can be used at once."""

    seen = None  # type: ignore[assignment] # there is nothing to have seen
    is_active = None  # type: ignore[assignment]


class RoleForm(forms.Form):
    """A role, in a unit or city-wide, for oneself or as somebody's deputy."""

    role = forms.ChoiceField(label=_("Role"), choices=Role.choices)
    unit = Units(
        label=_("Unit"),
        required=False,
        empty_label=_("none, city-wide"),
        help_text=_("Contacts and releasing persons belong to a unit; all other roles do not."),
    )
    acting_for = People(label=_("As deputy of"), required=False, empty_label=_("nobody, for themselves"))
    valid_from = forms.DateField(label=_("From"), widget=day_input(), error_messages={"required": _("Choose a day.")})
    valid_to = forms.DateField(label=_("Until"), widget=day_input(), required=False)
    reason = reason(_("Say in one sentence why this person gets the role."))

    def __init__(self, *args: Any, today: date, **options: Any) -> None:
        super().__init__(*args, **options)
        limit_texts(self)
        self.fields["valid_from"].initial = today


class EndForm(forms.Form):
    """The last day of something, and why it ends."""

    on = forms.DateField(label=_("Last day"), widget=day_input(), error_messages={"required": _("Choose a day.")})
    reason = reason(_("Say in one sentence why it ends."))

    def __init__(self, *args: Any, today: date, **options: Any) -> None:
        super().__init__(*args, **options)
        limit_texts(self)
        self.fields["on"].initial = today


class UnitForm(ReasonedEdit):
    """A directorate, office, district or municipal company."""

    field_order = ("name_de", "name_en", "key", "kind", "email", "parent", "valid_from", "reason")

    name_de = forms.CharField(label=_("Name"), max_length=200, error_messages={"required": _("Give the unit a name.")})
    name_en = forms.CharField(label=_("Name in English"), max_length=200, required=False)
    kind = forms.ChoiceField(label=_("Kind"), choices=UnitKind.choices)
    email = forms.EmailField(
        label=_("Mailbox of the unit"),
        required=False,
        help_text=_("Letters to the head go there, and requests where no contact is entered."),
        error_messages={"invalid": _("This is not an e-mail address.")},
    )
    parent = Units(label=_("Belongs to"), required=False, empty_label=_("nothing above it"))
    valid_from = forms.DateField(label=_("Exists since"), widget=day_input(), required=False)


class NewUnitForm(UnitForm):
    seen = None  # type: ignore[assignment] # there is nothing to have seen
    key = forms.RegexField(
        KEY,
        label=_("Short key"),
        max_length=60,
        help_text=_(
            "Small letters, digits and hyphens, for instance “jugend”. It stands in addresses and files for good."
        ),
        error_messages={
            "required": _("Give the unit a short key."),
            "invalid": _("Only small letters a to z, digits and hyphens."),
        },
    )


class DissolveForm(forms.Form):
    """A unit ends, and others take over what it answers for."""

    on = forms.DateField(
        label=_("First day of the successors"), widget=day_input(), error_messages={"required": _("Choose a day.")}
    )
    successors = SeveralUnits(
        label=_("Who takes over"),
        help_text=_("One unit for a merger or a new name; several where the duties are divided."),
        error_messages={"required": _("Choose at least one unit that takes over. Somebody must answer.")},
    )
    reason = reason(_("Say in one sentence what was decided, best with the council paper."))

    def __init__(self, *args: Any, unit: OrganisationalUnit, today: date, **options: Any) -> None:
        super().__init__(*args, **options)
        limit_texts(self)
        units = self.fields["successors"]
        assert isinstance(units, forms.ModelMultipleChoiceField)
        units.queryset = OrganisationalUnit.objects.existing(today).exclude(pk=unit.pk).order_by("name_de")


class AccessForm(forms.Form):
    """Somebody's right to see protected content, for a time."""

    person = People(label=_("Person"), error_messages={"required": _("Choose a person.")})
    valid_from = forms.DateField(label=_("From"), widget=day_input(), error_messages={"required": _("Choose a day.")})
    valid_to = forms.DateField(label=_("Until"), widget=day_input(), error_messages={"required": _("Choose a day.")})
    reason = reason(_("Say in one sentence what the person needs this for."))

    def __init__(self, *args: Any, today: date, **options: Any) -> None:
        super().__init__(*args, **options)
        limit_texts(self)
        self.fields["valid_from"].initial = today
