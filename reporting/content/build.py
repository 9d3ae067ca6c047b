"""From the register and a cycle to the facts of its report.

The register is read as of the reporting date, with what the answers of the cycle corrected in it. What was entered only
afterwards is read as of the freeze: a commitment where the cycle assesses it, a measure where the cycle asked about it.
Confirmations, assessments and follow-ups are read as of the freeze, and as they are now while the cycle runs.
"""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from decimal import Decimal
from typing import Any

from django.utils.timezone import localdate

from commitments.models import (
    UDHR,
    City,
    GapReason,
    GlossaryTerm,
    Grade,
    MeasureStatus,
    Part,
)
from reporting.content import facts, places
from reporting.content.assemble import Facts, assemble
from reporting.content.facts import OUT_OF_COMPETENCE, TOO_EARLY, PartialDate, ReportContent, Text
from reporting.content.sorting import in_german_order
from reporting.content.tables import Tables, local_day
from reporting.models import ReportText
from reviews.models import (
    ANSWERED,
    AssessmentState,
    ConfirmationState,
    CycleState,
    ReminderKind,
    ReviewCycle,
)

OBLIGATIONS = "obligations"
"""Key of the scale that explains respect, protect and fulfil."""

BESIDE_THE_SCALE = (
    facts.Grade(
        TOO_EARLY,
        Text("Zu früh für eine Bewertung", "Too early to assess"),
        Text(
            "Die Verpflichtung wurde während des laufenden Prüfzyklus aufgenommen.",
            "The commitment was entered while the review cycle was open.",
        ),
        graded=False,
    ),
    facts.Grade(
        OUT_OF_COMPETENCE,
        Text("Außerhalb der Zuständigkeit", "Out of competence"),
        Text(
            "Die Stadt kann darüber nicht entscheiden; zählt nicht in der Erfüllungsquote.",
            "The city cannot decide on this; not counted in the compliance rate.",
        ),
        graded=False,
    ),
)
TITLE = Text("Menschenrechte in der internationalen Arbeit", "Human rights in international work")
SILENT_STATES = (CycleState.ASSESSING, CycleState.FROZEN, CycleState.CLOSED)
PAUSED = "paused"
PLEDGES = ("charter", "agenda", "network_pledge", "self_commitment")


def build_content(cycle: ReviewCycle, *, audience: str = "public") -> ReportContent:
    """The content of a cycle's report. The number of queries does not depend on the size of the register."""
    return assemble(_Reading(cycle, audience).read())


def text(row: Any, name: str) -> Text:
    return Text(getattr(row, f"{name}_de") or "", getattr(row, f"{name}_en", "") or "")


def degrees(value: Decimal | None) -> str:
    """A coordinate with no more decimals than it has, one at least: "45.1"; empty where it is not known."""
    if value is None:
        return ""
    return f"{value:.1f}" if value == round(value, 1) else f"{value:.2f}"


def partial(row: Any, name: str) -> PartialDate | None:
    return PartialDate.known(getattr(row, name), getattr(row, f"{name}_precision"))


class _Reading(Tables):
    """Turns the tables into facts, one kind of fact a function."""

    def read(self) -> Facts:
        city = City.objects.first()
        notice = text(city, "notice") if city and city.is_sample else Text()
        if city and city.is_sample and not notice:
            notice = Text("Beispieldaten", "Sample data")
        return Facts(
            city=self._city(city),
            cycle=self._cycle(),
            words=self._words(),
            grades=self._grades(),
            articles=self._articles(),
            units=[facts.Unit(row.key, text(row, "name")) for row in self._units_in_order()],
            instruments=self._instruments(),
            engagements=self._engagements(),
            measures=[self._measure(row) for row in self.measures.values()],
            commitments=[self._commitment(row) for row in self.commitments.values()],
            follow_ups=self._follow_ups(),
            gap_notes=self._gap_notes(),
            obligations=self._obligations(),
            glossary=[
                facts.Term(row.term_en or row.term_de, text(row, "term"), text(row, "text")) for row in self._glossary()
            ],
            sample_notice=notice,
            scale_source=Text(self.cycle.scale.source, self.cycle.scale.source),
            audience=self.audience,
        )

    def _glossary(self) -> Iterable[Any]:
        return sorted(self.register.rows(GlossaryTerm).values(), key=lambda row: in_german_order(row.term_de))

    def _units_in_order(self) -> Iterable[Any]:
        return sorted(self.units.values(), key=lambda row: (in_german_order(row.name_de), row.key))

    def _city(self, city: City | None) -> facts.City:
        if city is None:
            return facts.City(Text())
        spot = places.find(city.country, city.name_de, city.name_en)
        return facts.City(text(city, "name"), city.country, *spot)

    def _cycle(self) -> facts.Cycle:
        cycle = self.cycle
        return facts.Cycle(
            year=cycle.year,
            period_from=cycle.period_from,
            period_to=cycle.period_to,
            reporting_date=cycle.reporting_date,
            opened_on=local_day(cycle.opened_at) or cycle.opens_on,
            confirm_by=cycle.confirm_by,
            last_reminder_on=cycle.last_reminder_on,
            assess_by=cycle.assess_by,
            frozen_on=local_day(cycle.frozen_at),
        )

    def _words(self) -> facts.Words:
        rows = {row.key.replace("-", "_"): row for row in ReportText.objects.filter(cycle=self.cycle)}

        def title(key: str, otherwise: Text) -> Text:
            row = rows.get(key)
            return (text(row, "title") or text(row, "text")) if row else otherwise

        def body(key: str) -> Text:
            return text(rows[key], "text") if key in rows else Text()

        fields = []
        for code in facts.FIELDS:
            row = rows.get(f"field_{code}") or rows.get(code)
            if row:
                fields.append(facts.Term(code, text(row, "title"), text(row, "text")))
        return facts.Words(
            title=title("title", TITLE),
            subtitle=title("subtitle", Text()),
            introduction=body("introduction"),
            method=body("method"),
            reading_guide=body("reading_guide"),
            plain_summary=body("plain_summary"),
            fields=tuple(fields),
            foreword=body("foreword"),
            foreword_by=title("foreword", Text()) if body("foreword") else Text(),
        )

    def _grades(self) -> tuple[facts.Grade, ...]:
        rows = Grade.objects.filter(scale=self.cycle.scale).order_by("order")
        scale = [
            facts.Grade(row.code, text(row, "label"), text(row, "definition"), graded=True, fulfils=row.complies)
            for row in rows
        ]
        return (*scale, *BESIDE_THE_SCALE)

    def _obligations(self) -> list[facts.Term]:
        rows = Grade.objects.filter(scale__key=OBLIGATIONS).order_by("order")
        return [facts.Term(row.code, text(row, "label"), text(row, "definition")) for row in rows]

    def _articles(self) -> dict[int, tuple[Text, str]]:
        known = {
            row.order: (text(row, "title"), row.municipal_relevance)
            for row in self.provisions.values()
            if self.instrument_key(row) == UDHR
        }
        return {number: known.get(number, (Text(), "")) for number in facts.ARTICLES}

    def _instruments(self) -> list[facts.Instrument]:
        """The versions that commitments rest on or lead to; an adoption names the version the city took on."""
        provisions = {row.provision_id for pk in self.commitments for row in self.commitment_provisions.get(pk, ())}
        used = {self.provisions[pk].version_id for pk in provisions}
        rows = sorted(
            ((self.instrument_rows[self.versions[pk].instrument_id], pk) for pk in used),
            key=lambda row: (row[0].order, row[1]),
        )
        return [self._instrument(row, self.versions[pk], self.adoptions.get(pk)) for row, pk in rows]

    def _instrument(self, row: Any, version: Any, adoption: Any) -> facts.Instrument:
        label = text(adoption, "label") if adoption else Text()
        return facts.Instrument(
            key=row.key,
            short=text(row, "short"),
            title=text(row, "title"),
            kind=row.kind,
            binding=row.binding,
            adopted_on=partial(version, "adopted_on"),
            version=label or text(version, "label"),
            city_adopted_on=partial(adoption, "adopted_on") if adoption else None,
            council_reference=adoption.council_reference if adoption else "",
        )

    def _engagements(self) -> list[facts.Engagement]:
        """What the city is engaged in; pledges it took on without joining a network stand among the networks."""
        found = [self._engagement(kind, row) for kind, row in self.engagement_rows.values() if kind != "training"]
        known = {row.instrument for row in found if row.kind == "network"}
        found += [row for row in self._adopted() if row.instrument not in known]
        return sorted(
            found, key=lambda row: (row.kind, str(row.starts_on or "9999"), in_german_order(row.title.de), row.key)
        )

    def _adopted(self) -> list[facts.Engagement]:
        return [
            facts.Engagement(
                key=f"adoption-{instrument.key}",
                kind="network",
                title=text(instrument, "title"),
                form=instrument.kind,
                status="active",
                starts_on=partial(row, "adopted_on"),
                renewal_on=PartialDate.known(row.renewal_due_on, "day"),
                instrument=instrument.key,
            )
            for row in self.adoptions.values()
            if (instrument := self.instrument_rows[self.versions[row.version_id].instrument_id]).kind in PLEDGES
        ]

    def _engagement(self, kind: str, row: Any) -> facts.Engagement:
        common: dict[str, Any] = {
            "key": row.key,
            "kind": kind,
            "title": text(row, "name"),
            "unit": self._unit(row.unit_id),
            "status": row.status,
            "starts_on": partial(row, "starts_on"),
            "ends_on": partial(row, "ends_on"),
            "note": text(row, "status_reason"),
        }
        if kind == "partnership":
            common |= {"title": text(row, "city"), "form": row.form, "country": row.country}
            common |= {"signed_on": partial(row, "signed_on"), "district": row.former_municipality}
            common |= {"latitude": degrees(row.latitude), "longitude": degrees(row.longitude)}
        elif kind == "eu_project":
            common |= {"name": row.acronym, "programme": Text(row.programme, row.programme)}
            common |= {"grant_number": row.grant_agreement, "grant_checked": row.grant_agreement_verified}
            common |= {"role": Text("", row.city_role)}
        elif kind == "network":
            instrument = self.instrument_rows.get(row.instrument_id)
            common |= {"decided_on": partial(row, "decided_on")}
            common |= {
                "instrument": instrument.key if instrument else "",
                "form": instrument.kind if instrument else "network",
            }
        elif kind == "development":
            common |= {"partner": Text(row.partner, row.partner)}
        return facts.Engagement(**common)

    def _measure(self, row: Any) -> facts.Measure:
        parts = self.measure_units.get(row.id, [])
        kind, engagement = self.engagement_rows.get(row.engagement_id, ("", None))
        paused = (
            engagement is not None
            and engagement.status == PAUSED
            and row.status in ("ongoing", "planned", "decided_not_funded")
        )
        reason = text(engagement, "status_reason") if paused else text(row, "status_reason")
        status = MeasureStatus.SUSPENDED.value if paused else row.status
        measure = facts.Measure(
            reference=row.reference,
            title=text(row, "title"),
            description=text(row, "description"),
            field=row.field,
            engagement=engagement.key if kind else "",
            unit=next((self._unit(part.unit_id) for part in parts if part.part == Part.LEAD), ""),
            contributing=tuple(self._unit(part.unit_id) for part in parts if part.part != Part.LEAD),
            status=status,
            suspended_because=reason if status == MeasureStatus.SUSPENDED else Text(),
            starts_on=partial(row, "starts_on"),
            ends_on=partial(row, "ends_on"),
            answers=tuple(self._answer(answer) for answer in self.answers_on_measures.get(row.id, [])),
            evidence=self._evidence(measure=row),
        )
        return _corrected(measure)

    def _commitment(self, row: Any) -> facts.Commitment:
        groups_de, groups_en = list(row.concerned_groups_de), list(row.concerned_groups_en)
        groups_en += [""] * (len(groups_de) - len(groups_en))
        return facts.Commitment(
            reference=row.reference,
            title=text(row, "title"),
            wording=text(row, "wording"),
            provisions=tuple(self._provision(link) for link in self.commitment_provisions.get(row.id, [])),
            obligations=tuple(level for level in ("respect", "protect", "fulfil") if getattr(row, level)),
            competence=row.competence,
            competence_note=text(row, "competence_note"),
            unit=self._unit(row.lead_unit_id),
            contributing=tuple(self._unit(part.unit_id) for part in self.commitment_units.get(row.id, [])),
            groups=tuple(Text(str(de), str(en)) for de, en in zip(groups_de, groups_en, strict=False)),
            valid_from=partial(row, "valid_from"),
            newly_adopted=self.assessments[row.id].newly_adopted,
            links=tuple(self._link(link) for link in self.links.get(row.id, [])),
            answers=tuple(self._answer(answer) for answer in self.answers_on_commitments.get(row.id, [])),
            assessment=self._assessment(self.assessments[row.id]),
            verdicts=tuple(facts.Verdict(past.cycle.year, past.verdict) for past in self.verdicts.get(row.id, [])),
            evidence=self._evidence(commitment=row),
        )

    def _provision(self, link: Any) -> facts.Provision:
        row = self.provisions[link.provision_id]
        articles = self.article_numbers.get(link.provision_id, ())
        return facts.Provision(self.instrument_key(row), row.number, text(row, "title"), articles)

    def _link(self, link: Any) -> facts.Link:
        return facts.Link(self.measures[link.measure_id].reference, link.contribution, text(link, "rationale"))

    def _assessment(self, row: Any) -> facts.Assessment | None:
        if row.state != AssessmentState.APPROVED:
            return None
        return facts.Assessment(
            outcome=row.verdict,
            trend=row.trend,
            finding=text(row, "finding"),
            self_assessed=row.self_assessed,
            dissents=tuple(
                facts.Dissent(self._unit(said.unit_id), text(said, "text")) for said in self.dissents.get(row.pk, [])
            ),
            statements=tuple(
                facts.Statement(said.organisation, text(said, "text"), said.received_on)
                for said in self.statements.get(row.commitment_id, [])
            ),
        )

    def _answer(self, row: Any) -> facts.Answer:
        reminders = self.reminders.get(row.pk, [])
        asked = [reminder.sent_on for reminder in reminders if reminder.kind == ReminderKind.ESCALATION]
        released = row.state == ConfirmationState.RELEASED and not self._is_void(row)
        return facts.Answer(
            unit=self._unit(row.unit_id),
            part=row.part,
            result=self._result(row),
            statement=text(row, "statement") if released else Text(),
            changes=_changes(row.changes) if released else (),
            submitted_on=local_day(row.submitted_at),
            released_on=local_day(row.released_at),
            reminders=tuple(reminder.sent_on for reminder in reminders if reminder.kind != ReminderKind.ESCALATION),
            escalated_on=max(asked, default=None),
            late=bool(row.submitted_at and localdate(row.submitted_at) > self.cycle.confirm_by),
            for_deputy=row.submitted_for_id is not None,
        )

    def _result(self, row: Any) -> str:
        """Silence is a result of its own from the last reminder on; what is not released yet is pending."""
        if self._is_void(row):
            return "pending"
        if row.state == ConfirmationState.RELEASED:
            return str(row.result)
        unanswered = row.state != ConfirmationState.SUBMITTED
        return facts.NO_REPLY if unanswered and self.cycle.state in SILENT_STATES else "pending"

    def _is_void(self, row: Any) -> bool:
        """Rule 4, after the freeze too: the measure, as it stood then, is not what was answered."""
        answered = row.measure_id in self.measures and row.state in ANSWERED
        known = row.fingerprint and self.fingerprints[row.measure_id]  # an erasure takes the hash of what it erased
        return bool(answered and known and row.fingerprint != known)

    def _evidence(self, *, measure: Any = None, commitment: Any = None) -> tuple[facts.Evidence, ...]:
        """What bears it out; for a measure also the public sources that came with it."""
        holder = self.evidence_of_measure if measure is not None else self.evidence_of_commitment
        found = [
            facts.Evidence(Text(row.title, row.title), row.kind, row.url, row.reference, row.sha256)
            for row in holder.get((measure or commitment).id, [])
        ]
        if measure is not None:
            known = {row.url for row in found}
            links = [str(link) for link in measure.sources if str(link).startswith("https://") and link not in known]
            found += [facts.Evidence(Text(), "link", url=link) for link in links]
        return tuple(found)

    def _follow_ups(self) -> list[facts.FollowUp]:
        """Every promise of this and earlier cycles that is open, or was settled since the cycle before."""
        years = dict(ReviewCycle.objects.filter(year__lte=self.cycle.year).values_list("pk", "year"))
        found = [
            facts.FollowUp(
                commitment=self.commitments[row.commitment_id].reference,
                action=text(row, "action"),
                state=row.state,
                from_year=years[row.cycle_id],
                unit=self._unit(row.unit_id),
                due_on=row.due_on,
                result=text(row, "result"),
            )
            for row in self.promises().values()
            if row.commitment_id in self.commitments
            and row.cycle_id in years
            and self._concerns(row, years[row.cycle_id])
        ]
        return sorted(found, key=lambda row: (row.from_year, str(row.due_on), row.commitment, row.action.de))

    def _concerns(self, row: Any, year: int) -> bool:
        recent = year >= self.cycle.year - 1
        settled = local_day(row.closed_at)
        return recent or row.state == "open" or (settled is not None and settled > self.cycle.period_from)

    def _gap_notes(self) -> list[facts.GapNote]:
        found = []
        for row in self.register.rows(GapReason).values():
            article = self.provisions[row.article_id]
            if self.instrument_key(article) != UDHR:
                continue
            note = facts.GapNote(
                article.order, row.code, row.field, text(row, "text"), text(row, "next_step"), row.due_on
            )
            found.append(note)
        return sorted(found, key=lambda note: (note.article, note.field))

    def _unit(self, pk: int) -> str:
        return str(self.units[pk].key)


def _corrected(measure: facts.Measure) -> facts.Measure:
    """With what the unit that leads it corrected in this cycle, whenever the register took it over."""
    new = {
        change.field: change.new
        for answer in measure.answers
        if answer.result == "changed" and answer.part == Part.LEAD
        for change in answer.changes
    }
    begun = PartialDate.parse(new["start"]) if new.get("start") else measure.starts_on
    ended = PartialDate.parse(new["end"]) if new.get("end") else measure.ends_on
    return replace(
        measure,
        title=Text(new.get("title_de") or measure.title.de, new.get("title_en") or measure.title.en),
        status=new.get("status") or measure.status,
        starts_on=begun,
        ends_on=ended,
    )


def _changes(stored: Mapping[str, Any]) -> tuple[facts.Change, ...]:
    rows = []
    for name, values in sorted(stored.items()):
        old, new = (values[0], values[1]) if isinstance(values, list) and len(values) > 1 else ("", values)
        rows.append(facts.Change(name, str(old if old is not None else ""), str(new if new is not None else "")))
    return tuple(rows)
