from django.urls import path

from commitments.views.components import components

app_name = "commitments"

urlpatterns = [
    path("components/", components, name="components"),
]
