from django.urls import path

from reviews import officer_urls, unit_urls
from reviews.views import assess, assessment_list, board, calendars, confirm, cycles, follow_ups, mails

app_name = "reviews"

OF_A_COMMITMENT = "<int:year>/assessments/<slug:reference>"

urlpatterns = [
    path("", board.board, name="board"),
    path("<int:year>/board/", board.board, name="board"),
    path("<int:year>/units/<slug:unit>/", board.unit, name="unit"),
    path("requests/<int:pk>/ask-again/", board.ask_again, name="ask-again"),
    path("requests/<int:pk>/apply-changes/", board.apply_changes, name="apply-changes"),
    path("answers/", confirm.answers, name="answers"),
    path("answers/<int:year>/<slug:unit>/", confirm.confirm, name="confirm"),
    path("answers/<int:year>/<slug:unit>/confirm-unchanged/", confirm.confirm_unchanged, name="confirm-unchanged"),
    path("answers/<int:year>/<slug:unit>/submit/", confirm.submit, name="submit"),
    path("answers/<int:year>/<slug:unit>/release/", confirm.release, name="release"),
    path("requests/<int:pk>/", confirm.answer, name="answer"),
    path("requests/<int:pk>/withdraw/", confirm.withdraw, name="withdraw"),
    path("requests/<int:pk>/send-back/", confirm.send_back, name="send-back"),
    path("calendar/", calendars.calendar, name="calendar"),
    path("calendar/renew/", calendars.renew, name="calendar-renew"),
    path("calendar/revoke/", calendars.revoke, name="calendar-revoke"),
    path("calendar/<str:token>.ics", calendars.feed, name="calendar-feed"),
    *unit_urls.urlpatterns,
    path("cycles/", cycles.cycle_list, name="cycle-list"),
    path("cycles/plan/", cycles.plan, name="cycle-plan"),
    path("<int:year>/", cycles.cycle, name="cycle"),
    path("<int:year>/dates/", cycles.change_dates, name="cycle-dates"),
    path("<int:year>/open/mails/", cycles.mails_to_come, name="cycle-open-mails"),
    path("<int:year>/mails/", mails.mail_list, name="mails"),
    path("mails/<int:pk>/", mails.mail, name="mail"),
    path("mails/<int:pk>/again/", mails.mail_again, name="mail-again"),
    path("reminders/<int:pk>/drop/", mails.reminder_drop, name="reminder-drop"),
    path("<int:year>/open/", cycles.open_cycle, name="cycle-open"),
    path("<int:year>/begin-assessing/", cycles.begin_assessing, name="cycle-begin-assessing"),
    path("<int:year>/freeze/", cycles.freeze, name="cycle-freeze"),
    path("<int:year>/undo-freeze/", cycles.undo_freeze, name="cycle-undo-freeze"),
    path("<int:year>/assessments/", assessment_list.assessment_list, name="assessment-list"),
    *officer_urls.urlpatterns,
    path(f"{OF_A_COMMITMENT}/", assess.assess, name="assess"),
    path(f"{OF_A_COMMITMENT}/save/", assess.save, name="assess-save"),
    path(f"{OF_A_COMMITMENT}/decide/", assess.decide, name="decide"),
    path(f"{OF_A_COMMITMENT}/send-back/", assess.send_back, name="assessment-send-back"),
    path(f"{OF_A_COMMITMENT}/entry/", assess.add_entry, name="entry-add"),
    path(f"{OF_A_COMMITMENT}/statement/", assess.add_statement, name="statement-add"),
    path(f"{OF_A_COMMITMENT}/dissent/", assess.add_dissent, name="dissent-add"),
    path(f"{OF_A_COMMITMENT}/follow-up/", follow_ups.add, name="follow-up-add"),
    path("follow-ups/", follow_ups.follow_up_list, name="follow-up-list"),
    path("follow-ups/<int:pk>/", follow_ups.follow_up, name="follow-up"),
    path("follow-ups/<int:pk>/decline/", follow_ups.decline, name="follow-up-decline"),
]
