"""Addresses of sign-in, profile, people and settings of people.

The library reverses `account_…` names; each is the same page under our own address. Its other pages do not exist here.
"""

from django.urls import path

from ventanilla.people import managing, safety_views, second_views, views

urlpatterns = [
    path("", views.home, name="home"),
    path("language/<slug:code>/", views.language, name="language"),
    path("people/", managing.people, name="people"),
    path("people/new/", managing.new_person, name="person-new"),
    path("people/organizations/", managing.organization_list, name="organizations"),
    path("people/organizations/new/", managing.organization, name="organization-new"),
    path("people/organizations/<int:pk>/", managing.organization, name="organization"),
    path("people/<int:pk>/", managing.person, name="person"),
    path("people/<int:pk>/second-step/reset/", managing.reset_second, name="person-second-reset"),
    path("profile/", views.profile, name="profile"),
    path("profile/password/", views.password, name="profile-password"),
    path("profile/safety/", safety_views.safety, name="safety"),
    path("profile/safety/again/", second_views.again, name="prove-again"),
    path("profile/safety/codes/", second_views.renew, name="recovery-codes"),
    path("profile/safety/second/", second_views.start, name="second-step-start"),
    path("profile/safety/second/app/", second_views.app, name="second-step-app"),
    path("profile/safety/second/passkey/", second_views.new_passkey, name="second-step-passkey"),
    path("profile/safety/second/passkey/options/", second_views.new_passkey_options, name="second-step-options"),
    path("profile/safety/steps/<int:pk>/remove/", second_views.remove, name="second-step-remove"),
    path("profile/safety/sessions/end/", safety_views.end, name="sessions-end"),
    path("settings/departments/", managing.department_list, name="departments"),
    path("settings/departments/new/", managing.department, name="department-new"),
    path("settings/departments/<int:pk>/", managing.department, name="department"),
    path("settings/installation/", managing.the_installation, name="installation"),
    path("settings/sign-in/", managing.signing_in, name="signing-in"),
    path("settings/teams/", managing.team_list, name="teams"),
    path("settings/teams/new/", managing.team, name="team-new"),
    path("settings/teams/<int:pk>/", managing.team, name="team"),
    path("sign-in/", views.sign_in, name="sign-in"),
    path("sign-in/", views.sign_in, name="account_login"),
    path("sign-in/code/", views.code_request, name="sign-in-code"),
    path("sign-in/code/", views.code_request, name="account_request_login_code"),
    path("sign-in/code/confirm/", views.code_confirm, name="account_confirm_login_code"),
    path("sign-in/passkey/", second_views.passkey, name="sign-in-passkey"),
    path("sign-in/passkey/options/", second_views.passkey_options, name="sign-in-passkey-options"),
    path("sign-in/second/", second_views.second, name="sign-in-second"),
    path("sign-in/second/options/", second_views.second_options, name="sign-in-second-options"),
    path("sign-in/second/passkey/", second_views.second_passkey, name="sign-in-second-passkey"),
    path("sign-in/restart/", views.restart, name="sign-in-restart"),
    path("sign-in/off/", views.switched_off, name="account_inactive"),
    path("sign-in/", views.sign_in, name="account_signup"),
    path("sign-out/", views.sign_out, name="sign-out"),
    path("sign-out/", views.sign_out, name="account_logout"),
]
