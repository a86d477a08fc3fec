"""Addresses of mail's screens, below /mail/."""

from django.urls import path

from ventanilla.mail import account_views, mailbox_views, text_views, views

urlpatterns = [
    path("", mailbox_views.mail_state, name="mail-state"),
    path("quarantine/", views.quarantine, name="quarantine"),
    path("quarantine/<int:pk>/", views.held_mail, name="held-mail"),
    path("quarantine/<int:pk>/decide/", views.decide, name="held-mail-decide"),
    path("raw/<int:pk>/", views.raw_source, name="raw-source"),
    path("outbox/", views.outbox_list, name="outbox"),
    path("outbox/<int:pk>/", views.outgoing, name="outgoing"),
    path("outbox/<int:pk>/body/", views.outgoing_body, name="outgoing-body"),
    path("outbox/<int:pk>/again/", views.again, name="outgoing-again"),
    path("outbox/<int:pk>/aside/", views.put_aside, name="outgoing-aside"),
    path("texts/", text_views.texts, name="mail-texts"),
    path("texts/<slug:kind>/", text_views.text, name="mail-text"),
    path("mailboxes/", mailbox_views.mailbox_list, name="mailboxes"),
    path("mailboxes/new/", mailbox_views.mailbox_form, name="mailbox-new"),
    path("mailboxes/<int:pk>/", mailbox_views.mailbox_form, name="mailbox"),
    path("mailboxes/new/count/", mailbox_views.mailbox_count, name="mailbox-new-count"),
    path("mailboxes/<int:pk>/count/", mailbox_views.mailbox_count, name="mailbox-count"),
    path("mailboxes/<int:pk>/activate/", mailbox_views.mailbox_activate, name="mailbox-activate"),
    path("mailboxes/<int:pk>/doctor/", mailbox_views.mailbox_doctor, name="mailbox-doctor"),
    path("mailboxes/<int:pk>/account/", account_views.mailbox_account, name="mailbox-account"),
    path("mailboxes/<int:pk>/account/<int:client>/go/", account_views.account_go, name="mailbox-account-go"),
    path("mailboxes/<int:pk>/account/forget/", account_views.account_forget, name="mailbox-account-forget"),
    path("account/back/", account_views.account_back, name="mail-account-back"),
]
