"""Addresses of what units do beyond answering; part of ``reviews.urls``."""

from django.urls import path

from reviews.views import beside, follow_ups, handing, objections

urlpatterns = [
    path("answers/<int:year>/<slug:unit>/hand-over/", handing.hand_over, name="hand-over"),
    path("answers/<int:year>/<slug:unit>/beside/", beside.beside, name="beside"),
    path("<int:year>/carried-over/", beside.carried_over, name="carried-over"),
    path("<int:year>/to-decide/", beside.to_decide, name="to-decide"),
    path("requests/<int:pk>/evidence/", beside.evidence, name="answer-evidence"),
    path("requests/<int:pk>/whose/", handing.whose, name="whose"),
    path("requests/<int:pk>/object/", objections.object_to, name="object"),
    path("follow-ups/<int:pk>/report/", follow_ups.report, name="follow-up-report"),
    path("follow-ups/<int:pk>/put-off/", follow_ups.put_off, name="follow-up-put-off"),
]
