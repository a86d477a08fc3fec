"""Addresses of sign-in, profile, people and settings of people.

The library reverses `account_…` names; each is the same page under our own address. Its other pages do not exist here.
"""

from django.urls import path

from ventanilla.people import views

urlpatterns = [
    path("", views.home, name="home"),
    path("language/<slug:code>/", views.language, name="language"),
    path("profile/", views.profile, name="profile"),
    path("profile/password/", views.password, name="profile-password"),
    path("sign-in/", views.sign_in, name="sign-in"),
    path("sign-in/", views.sign_in, name="account_login"),
    path("sign-in/code/", views.code_request, name="sign-in-code"),
    path("sign-in/code/", views.code_request, name="account_request_login_code"),
    path("sign-in/code/confirm/", views.code_confirm, name="account_confirm_login_code"),
    path("sign-in/restart/", views.restart, name="sign-in-restart"),
    path("sign-in/off/", views.switched_off, name="account_inactive"),
    path("sign-in/", views.sign_in, name="account_signup"),
    path("sign-out/", views.sign_out, name="sign-out"),
    path("sign-out/", views.sign_out, name="account_logout"),
]
