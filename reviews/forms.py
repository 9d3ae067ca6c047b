"""What people fill in during a cycle: dates, answers, verdicts, notes and promises. Shapes and words, no rules."""

from datetime import date
from itertools import pairwise
from typing import Any, ClassVar

from django import forms
from django.utils.translation import gettext_lazy as _

from commitments.forms import day_input, limit_texts
from commitments.models import OrganisationalUnit, Scale
from commitments.texts import localized
from reviews.models import (
    FollowUp,
    FollowUpState,
    ReminderKind,
    ReviewCycle,
    ReviewEntry,
    Statement,
)


def choose(form: forms.BaseForm, name: str, rows: Any) -> None:
    """What can be chosen in a field, each named in the reader's language."""
    field = form.fields[name]
    assert isinstance(field, forms.ModelChoiceField)
    field.queryset = rows
    field.empty_label = None
    field.label_from_instance = lambda obj: localized(obj, "name")  # type: ignore[method-assign]


def lines(rows: int) -> forms.Textarea:
    return forms.Textarea(attrs={"rows": rows})


CYCLE_DATES = (
    "period_from",
    "period_to",
    "reporting_date",
    "opens_on",
    "confirm_by",
    "last_reminder_on",
    "assess_by",
)


CYCLE_WORDS = ("letter_de", "letter_en", "reminder_de", "reminder_en", "escalation_de", "escalation_en")


class CycleForm(forms.ModelForm[ReviewCycle]):
    """The dates of a cycle; each must lie after the one before it."""

    class Meta:
        model = ReviewCycle
        fields = ("year", "scale", *CYCLE_DATES, *CYCLE_WORDS)
        widgets: ClassVar = {name: day_input() for name in CYCLE_DATES} | {name: lines(4) for name in CYCLE_WORDS}
        labels: ClassVar = {"year": _("Year"), "scale": _("Scale of the verdicts")}
        help_texts: ClassVar = {
            "reporting_date": _("The day whose state the report shows. Units are asked from the day after."),
            "letter_de": _("Comes before the number of entries and the link. May stay empty."),
            "reminder_de": _("Where it is empty, reminders say what the request says."),
            "escalation_de": _("Where it is empty, the letter to the head says what the request says."),
            "last_reminder_on": _("After this day an answer that is missing counts as “no reply”."),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choose(self, "scale", Scale.objects.filter(for_verdicts=True))

    def clean(self) -> dict[str, Any]:
        """Says at the field which date comes too early; the order itself is the table's."""
        cleaned = super().clean() or self.cleaned_data
        known = [(name, cleaned[name]) for name in CYCLE_DATES if cleaned.get(name)]
        for (before, earlier), (after, later) in pairwise(known):
            if later < earlier:
                label = self.fields[before].label
                self.add_error(after, _("This date lies before “%(field)s”. Enter a later one.") % {"field": label})
        return cleaned


class ReasonForm(forms.Form):
    """Why something is done or undone."""

    reason = forms.CharField(
        label=_("Reason"),
        widget=lines(3),
        error_messages={"required": _("Give the reason in one or two sentences.")},
    )

    def __init__(self, *args: Any, label: Any = None, hint: Any = "", **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["reason"].label = label or self.fields["reason"].label
        self.fields["reason"].help_text = hint


class FollowUpForm(forms.ModelForm[FollowUp]):
    class Meta:
        model = FollowUp
        fields = ("action_de", "unit", "due_on")
        widgets: ClassVar = {"action_de": lines(3), "due_on": day_input()}
        labels: ClassVar = {"action_de": _("Next step"), "unit": _("Unit"), "due_on": _("Due on")}

    def __init__(self, *args: Any, on: date, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        limit_texts(self)
        choose(self, "unit", OrganisationalUnit.objects.existing(on))


class ReviewEntryForm(forms.ModelForm[ReviewEntry]):
    class Meta:
        model = ReviewEntry
        fields = ("text", "reason")
        widgets: ClassVar = {"text": lines(5)}
        labels: ClassVar = {"text": _("Note"), "reason": _("Reason")}
        help_texts: ClassVar = {
            "text": _("What you found and from whom. A review entry cannot be changed later."),
            "reason": _("What gave rise to it, in a few words."),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        limit_texts(self)


class StatementForm(forms.ModelForm[Statement]):
    class Meta:
        model = Statement
        fields = ("organisation", "text_de", "text_en", "received_on", "protection")
        widgets: ClassVar = {"text_de": lines(5), "text_en": lines(4), "received_on": day_input()}
        labels: ClassVar = {
            "organisation": _("Organisation"),
            "text_de": _("Statement"),
            "text_en": _("Statement in English"),
            "received_on": _("Received on"),
            "protection": _("Who may see it"),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        limit_texts(self)


class DissentForm(forms.Form):
    """A unit's objection to a verdict, in its own words."""

    unit = forms.ModelChoiceField(label=_("Unit"), queryset=OrganisationalUnit.objects.none(), empty_label=None)
    text_de = forms.CharField(
        label=_("The unit's objection"),
        widget=lines(5),
        help_text=_("In the unit's own words. The report prints it beside the finding."),
        error_messages={"required": _("Enter the unit's objection.")},
    )
    text_en = forms.CharField(label=_("The objection in English"), required=False, widget=lines(4))

    def __init__(self, *args: Any, units: list[int], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        limit_texts(self)
        choose(self, "unit", OrganisationalUnit.objects.filter(pk__in=units))


class ResultForm(forms.Form):
    """What came of a promise."""

    state = forms.ChoiceField(
        label=_("What came of it?"),
        choices=[(FollowUpState.DONE, _("It was kept")), (FollowUpState.DROPPED, _("It was dropped"))],
        widget=forms.RadioSelect,
        error_messages={"required": _("Say whether the promise was kept or dropped.")},
    )
    result_de = forms.CharField(
        label=_("Result"), widget=lines(4), error_messages={"required": _("Say what came of it or why it was dropped.")}
    )
    result_en = forms.CharField(label=_("Result in English"), required=False, widget=lines(3))


class ReminderDateForm(forms.Form):
    """One more day on which units are reminded."""

    kind = forms.ChoiceField(label=_("Kind"), choices=ReminderKind.choices)
    on = forms.DateField(label=_("Day"), widget=day_input(), error_messages={"required": _("Choose a day.")})
