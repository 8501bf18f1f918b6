"""Every address of the site."""

from __future__ import annotations

from allauth.account import views as account
from allauth.mfa.base import views as mfa
from allauth.mfa.recovery_codes import views as recovery
from allauth.mfa.totp import views as totp
from allauth.mfa.webauthn import views as webauthn
from django.urls import include, path, re_path

from openalliance.site.config import faults, health, sign_in
from openalliance.site.screens.account import devices, kept, passkeys

_screens = "openalliance.site.screens"

urlpatterns = [
    path("", include(f"{_screens}.public.urls")),
    path("c/<str:token>/", include(f"{_screens}.client.urls")),
    path("q/<str:ticket>/", include(f"{_screens}.client.question_urls")),
    path("therapist/", include(f"{_screens}.therapist.urls")),
    path("supervisor/", include(f"{_screens}.supervisor.urls")),
    path("administrator/", include(f"{_screens}.administrator.urls")),
    path("evidence/", include(f"{_screens}.evidence.urls")),
    path("emergency/", include(f"{_screens}.emergency.urls")),
    path("readyz", health.ready, name="readyz"),
    path("sign-in", sign_in.sign_in, name="account_login"),
    path("sign-out", account.logout, name="account_logout"),
    path("sign-in/code", mfa.authenticate, name="mfa_authenticate"),
    path("account/confirm", account.reauthenticate, name="account_reauthenticate"),
    path("account/confirm/code", mfa.reauthenticate, name="mfa_reauthenticate"),
    path("account/password", account.password_change, name="account_change_password"),
    path("account/password/forgotten", sign_in.reset_password, name="account_reset_password"),
    path(
        "account/password/sent",
        account.password_reset_done,
        name="account_reset_password_done",
    ),
    re_path(
        r"^account/password/key/(?P<uidb36>[0-9A-Za-z]+)-(?P<key>.+)$",
        account.password_reset_from_key,
        name="account_reset_password_from_key",
    ),
    path(
        "account/password/changed",
        account.password_reset_from_key_done,
        name="account_reset_password_from_key_done",
    ),
    path("account/devices", devices.show, name="account_devices"),
    path("account/devices/end", devices.sign_out_everywhere, name="account_end_devices"),
    path("account/devices/<uuid:device_id>/end", devices.sign_out, name="account_end_device"),
    path("account/kept/<uuid:kept_id>", kept.show, name="account_kept"),
    path("account/kept/<uuid:kept_id>/forget", kept.forget, name="account_forget_kept"),
    path("account/inactive", account.account_inactive, name="account_inactive"),
    path("account/security", mfa.index, name="mfa_index"),
    path("account/security/app", totp.activate_totp, name="mfa_activate_totp"),
    path("account/security/app/off", totp.deactivate_totp, name="mfa_deactivate_totp"),
    path("sign-in/passkey", webauthn.login_webauthn, name="mfa_login_webauthn"),
    path(
        "account/confirm/passkey",
        webauthn.reauthenticate_webauthn,
        name="mfa_reauthenticate_webauthn",
    ),
    path("account/security/passkeys", passkeys.everything, name="mfa_list_webauthn"),
    path("account/security/passkeys/new", passkeys.add, name="mfa_add_webauthn"),
    path("account/security/passkeys/<int:pk>", webauthn.edit_webauthn, name="mfa_edit_webauthn"),
    path(
        "account/security/passkeys/<int:pk>/remove",
        webauthn.remove_webauthn,
        name="mfa_remove_webauthn",
    ),
    path("account/security/codes", recovery.view_recovery_codes, name="mfa_view_recovery_codes"),
    path(
        "account/security/codes/new",
        recovery.generate_recovery_codes,
        name="mfa_generate_recovery_codes",
    ),
]

handler400 = faults.bad_request
handler403 = faults.refused
handler404 = faults.not_found
handler429 = faults.too_many
handler500 = faults.broken
