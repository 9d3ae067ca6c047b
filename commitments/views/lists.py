"""What the lists of the register share."""

from typing import Any, TypeVar

from django.core.paginator import Page, Paginator
from django.db.models import Count, IntegerField, Model, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.http import QueryDict

from commitments.models import LinkState, Measure, MeasureLink, User
from commitments.requests import UserRequest

PER_PAGE = 25

Row = TypeVar("Row", bound=Model)


class _ByKey(Paginator["Row"]):
    """Finds the keys of a page first: what a list counts beside each row is then counted for that page alone.

    PostgreSQL otherwise counts it for every row that it skips on the way to the page.
    """

    object_list: "QuerySet[Row]"

    def page(self, number: int | str) -> "Page[Row]":
        number = self.validate_number(number)
        first = (number - 1) * self.per_page
        keys = list(self.object_list.values_list("pk", flat=True)[first : first + self.per_page])
        return Page(self.object_list.filter(pk__in=keys), number, self)


def page_of(request: UserRequest, rows: "QuerySet[Row]", per_page: int = PER_PAGE) -> "Page[Row]":
    """The page that the address asks for; a number that makes no sense gives the nearest one."""
    return _ByKey(rows, per_page).get_page(request.GET.get("page"))


def chip(request: UserRequest, name: str, value: str, label: str, count: int | None = None) -> dict[str, Any]:
    """A choice that keeps the other filters of the address."""
    address: QueryDict = request.GET.copy()
    address.pop("page", None)
    address.pop(name, None)
    if value:
        address[name] = value
    return {
        "label": label,
        "url": f"?{address.urlencode()}",
        "count": count,
        "is_active": request.GET.get(name, "") == value,
    }


def count_of(rows: "QuerySet[Any]", by: str) -> Coalesce:
    """How many of these rows belong to each row of a list, as an annotation: ``by`` names the column."""
    counted = rows.filter(**{by: OuterRef("pk")}).order_by().values(by).annotate(n=Count("pk")).values("n")
    return Coalesce(Subquery(counted, output_field=IntegerField()), 0)


def seen_links(user: User) -> "QuerySet[MeasureLink]":
    """Accepted links of accepted measures that someone may see."""
    seen = Measure.objects.visible_to(user).accepted()
    return MeasureLink.objects.filter(state=LinkState.ACCEPTED, measure__in=seen)
