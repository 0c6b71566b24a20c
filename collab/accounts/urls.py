from django.urls import path

from collab.accounts import entrance_pages, settings_pages

urlpatterns = [
    path("profile/", settings_pages.profile, name="account_profile"),
    path("tokens/", settings_pages.tokens, name="account_tokens"),
    path("tokens/create/", settings_pages.create_token, name="account_create_token"),
    path("tokens/<uuid:token_id>/revoke/", settings_pages.revoke_token, name="account_revoke_token"),
    path("sessions/<int:session_id>/end/", settings_pages.end_session, name="account_end_session"),
    path("first-admin/<str:token>/", entrance_pages.first_admin, name="first_admin"),
]
