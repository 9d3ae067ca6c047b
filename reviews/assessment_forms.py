"""What the officer fills in while assessing: the verdict with its text, and the filters of the list."""

import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from commitments.forms import limit_texts
from commitments.models import Measure
from commitments.texts import localized
from reviews.forms import lines
from reviews.models import Assessment, AssessmentState, Outcome, ReviewCycle, Trend


@dataclass(frozen=True)
class Sheet:
    """What the form stands on: measures that can be named and those that are, and which state of the draft was seen.

    ``complete``: nothing may be missing; ``start``: whose text an empty finding begins with.
    """

    measures: Sequence[Measure] = ()
    named: frozenset[int] = frozenset()
    seen: int | None = None
    complete: bool = False
    start: Assessment | None = None


class AssessmentForm(forms.Form):
    """Verdict, trend and finding. ``verdict`` is a grade's code, ``too_early`` or ``out_of_competence``."""

    finding_de = forms.CharField(
        label=_("Finding"),
        required=False,
        widget=lines(9),
        help_text=_("Say what happened, what is missing and what follows."),
    )
    finding_en = forms.CharField(
        label=_("Finding in English"),
        required=False,
        widget=lines(6),
        help_text=_("Where it is missing, the English report shows the German text."),
    )
    verdict = forms.ChoiceField(label=_("Verdict"), required=False, widget=forms.RadioSelect)
    trend = forms.ChoiceField(label=_("Trend since last year"), choices=Trend, required=False, widget=forms.RadioSelect)
    measures = forms.MultipleChoiceField(label=_("Measures that the finding rests on"), required=False)
    self_assessed = forms.BooleanField(
        label=_("Self-assessed"),
        required=False,
        help_text=_("Tick this where the officer's own office has a part in it. The report says so."),
    )
    seen = forms.IntegerField(required=False, widget=forms.HiddenInput)
    window = forms.RegexField(r"[0-9a-f-]{36}", required=False, max_length=36, widget=forms.HiddenInput)

    ABOUT_THE_WINDOW = frozenset({"seen", "window"})
    """Fields that say where something was typed, not what."""

    def __init__(self, assessment: Assessment, data: Any = None, *, of: Sheet) -> None:
        self.assessment = assessment
        self.of = of
        self.complete = of.complete
        text = of.start if of.start and not assessment.finding_de else assessment
        initial = {"verdict": assessment.verdict, "trend": assessment.trend, "self_assessed": assessment.self_assessed}
        initial |= {name: getattr(text, name) for name in ("finding_de", "finding_en")}
        measures_seen = {measure.pk for measure in of.measures}
        initial |= {
            "measures": sorted(map(str, of.named & measures_seen)),
            "seen": of.seen,
            "window": str(uuid.uuid4()),
        }
        super().__init__(data, initial=initial)
        limit_texts(self)
        measures = self.fields["measures"]
        assert isinstance(measures, forms.MultipleChoiceField)
        measures.choices = [(str(measure.pk), measure.reference) for measure in of.measures]
        self.fields["self_assessed"].disabled = assessment.self_assessed
        self.grades = list(assessment.cycle.scale.grades.all())
        verdict = self.fields["verdict"]
        assert isinstance(verdict, forms.ChoiceField)
        others = (Outcome.TOO_EARLY, Outcome.OUT_OF_COMPETENCE)
        verdict.choices = [(grade.code, str(grade)) for grade in self.grades] + [(o.value, o.label) for o in others]

    def has_changed(self) -> bool:
        """Whether something was written, not merely sent from another window."""
        unasked = set() if "measures_shown" in self.data else {"measures"}
        return bool(set(self.changed_data) - self.ABOUT_THE_WINDOW - unasked)

    def named_measures(self) -> tuple[Measure, ...] | None:
        """The measures that the finding rests on, with those named that the reader may not see (rule 10).

        ``None`` where they were not asked for.
        """
        if "measures_shown" not in self.data:
            return None
        chosen = set(self.cleaned_data["measures"])
        unseen = self.of.named - {measure.pk for measure in self.of.measures}
        kept = Measure.objects.filter(pk__in=unseen) if unseen else ()
        return (*(measure for measure in self.of.measures if str(measure.pk) in chosen), *kept)

    @property
    def ticked(self) -> frozenset[int]:
        """The measures that are named, or were when the form came back with an error."""
        return frozenset(int(value) for value in self["measures"].value() or () if str(value).isdigit())

    def as_seen_now(self, seen: int) -> None:
        """Whoever was told what somebody else has written saves over it knowingly, from a window of their own."""
        data = self.data.copy()  # type: ignore[attr-defined] # a request's, which can be copied
        data["seen"], data["window"] = str(seen), str(uuid.uuid4())
        self.data = data

    @property
    def is_empty(self) -> bool:
        """Whether no finding is written yet."""
        return not self["finding_de"].value()

    @property
    def verdict_cards(self) -> Iterator[dict[str, Any]]:
        """What can be chosen, as cards: the grades with their definitions, then the two other outcomes."""
        chosen = self["verdict"].value()
        for rank, grade in enumerate(self.grades, 1):
            texts = {name: getattr(grade, name) for name in ("label_de", "label_en", "definition_de", "definition_en")}
            yield texts | {
                "code": grade.code,
                "rank": rank,
                "size": len(self.grades),
                "is_chosen": chosen == grade.code,
            }
        for outcome in (Outcome.TOO_EARLY, Outcome.OUT_OF_COMPETENCE):
            label = str(outcome.label)
            yield {"code": outcome.value, "label_de": label, "label_en": label, "is_chosen": chosen == outcome.value}

    def clean(self) -> dict[str, Any]:
        """Before it is submitted, says at the field what is missing; a draft may miss anything."""
        cleaned = super().clean() or self.cleaned_data
        missing = {
            "finding_de": _("Write the finding before you submit the assessment."),
            "verdict": _("Choose a verdict."),
            "trend": _("Say how this compares with last year."),
        }
        for name, sentence in missing.items():
            if self.complete and not cleaned.get(name) and name not in self.errors:
                self.add_error(name, sentence)
        return cleaned


class AssessmentFilter(forms.Form):
    """What narrows the list of assessments; nonsense narrows nothing."""

    state = forms.ChoiceField(label=_("State"), required=False)
    verdict = forms.ChoiceField(label=_("Verdict"), required=False)
    unchanged = forms.ChoiceField(
        label=_("Answers of the units"),
        required=False,
        choices=[("", _("All")), ("yes", _("All unchanged, nothing overdue"))],
    )
    q = forms.CharField(label=_("Keyword"), required=False, widget=forms.TextInput(attrs={"type": "search"}))

    def __init__(self, data: Any, *, cycle: ReviewCycle) -> None:
        super().__init__(data)
        every = ("", _("All"))
        grades = [(grade.code, f"{grade.code} {localized(grade, 'label')}") for grade in cycle.scale.grades.all()]
        others = [(outcome.value, outcome.label) for outcome in (Outcome.TOO_EARLY, Outcome.OUT_OF_COMPETENCE)]
        for name, choices in (("state", AssessmentState.choices), ("verdict", [*grades, *others])):
            field = self.fields[name]
            assert isinstance(field, forms.ChoiceField)
            field.choices = [every, *choices]

    def chosen(self) -> dict[str, str]:
        return self.cleaned_data if self.is_valid() else dict.fromkeys(self.fields, "")

    def summary(self) -> str:
        """What holds now, in words."""
        return ", ".join(self._words())

    def _words(self) -> Iterator[str]:
        for name, value in self.chosen().items():
            field = self.fields[name]
            if value and isinstance(field, forms.ChoiceField):
                yield str(dict(field.choices)[value])  # type: ignore[arg-type] # a plain list of pairs, see above
            elif value:
                yield f"“{value}”"
