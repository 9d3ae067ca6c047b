"""Addresses of what the officer and the approver do with many assessments, and of changes of units."""

from django.urls import path

from reviews.views import assess, assessment_list, organisation

urlpatterns = [
    path("<int:year>/assessments-together/carry-over/", assessment_list.carry_over, name="assessments-carry-over"),
    path("<int:year>/assessments-together/submit/", assessment_list.submit_all, name="assessments-submit"),
    path("<int:year>/assessments-together/approve/", assessment_list.approve_all, name="assessments-approve"),
    path("<int:year>/assessments/<slug:reference>/evidence/", assess.evidence_of, name="assess-evidence"),
    path("organisation/", organisation.organisation, name="organisation"),
    path("organisation/merge/", organisation.change_units, {"kind": "merge"}, name="units-merge"),
    path("organisation/rename/", organisation.change_units, {"kind": "rename"}, name="units-rename"),
    path("organisation/<slug:key>/hand-over/", organisation.hand_over, name="units-hand-over"),
]
