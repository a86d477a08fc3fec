"""What is wrong with a provider of sign-ins, in words: to whom sets it up, and to whom wanted to come in."""

from collections.abc import Mapping

from django.utils.translation import gettext as _

from ventanilla.people.models import SignInProvider

KINDS: Mapping[str, str] = {
    SignInProvider.Kind.MICROSOFT: "Microsoft Entra ID",
    SignInProvider.Kind.GOOGLE: "Google",
    SignInProvider.Kind.KEYCLOAK: "Keycloak",
}


def kind_name(kind: str) -> str:
    """What a kind of provider is called."""
    return KINDS.get(kind) or _("Another")


def problem_of_discovery(found: str, said: str, *, issuer: str) -> str:
    """Why a provider cannot be connected, and what helps; `found` and `said` as in `oidc.Trouble`."""
    data = {"issuer": issuer, "said": said}
    sentences = {
        "not_found": _("No server has this name. Look for a slip in the address: %(issuer)s."),
        "not_trusted": _(
            "The server's certificate is not trusted (%(said)s). If only your organization vouches for it, add your CA."
        ),
        "not_allowed": _(
            "The server is in a private network (%(said)s). Whoever installed Ventanilla allows it with"
            " VENTANILLA_PRIVATE_NETS. The address must begin with https://."
        ),
        "away": _("The server does not answer as it should (%(said)s). Try again in a moment."),
        "not_there": _(
            "The server answers, but there is no OpenID Connect provider at %(issuer)s. Look at the address."
        ),
        "no_provider": _("What the server answers at %(issuer)s does not describe an OpenID Connect provider."),
        "other_issuer": _("The provider calls itself %(said)s instead of %(issuer)s. Write it exactly as it does."),
        "no_address": _("The provider gives no usable address for “%(said)s”. It has to begin with https://."),
        "no_code": _("The provider does not offer the authorization code flow. Switch it on there."),
        "no_pkce": _("The provider does not offer PKCE with S256, which protects each sign-in. Switch it on there."),
        "no_algorithm": _(
            "The provider signs with nothing that can be checked by its public keys (%(said)s). Choose RS256 there."
        ),
        "no_keys": _("The provider shows no public key to check its signatures by."),
    }
    return sentences[found] % data


def refusal(why: str, name: str) -> tuple[str, str]:
    """Why somebody who came back from a provider is not let in, and what they can do."""
    data = {"provider": name}
    mail_code = _("Sign in with a code by mail instead.")
    sentences = {
        "stale": (
            _("Nobody in this browser is waiting for this answer"),
            _("It took too long, or the page was opened a second time. Begin again."),
        ),
        "denied": (
            _("You did not sign in with %(provider)s") % data,
            _("You stopped there, or %(provider)s did not let you on. Begin again, or sign in another way.") % data,
        ),
        "away": (
            _("%(provider)s does not answer") % data,
            _("Try again in a few minutes, or sign in another way."),
        ),
        "refused": (
            _("%(provider)s does not accept this help desk") % data,
            _("Sign in another way, and tell whoever looks after it: its registration there may have ended."),
        ),
        "busy": (
            _("Too many sign-ins at once"),
            _("Too many attempts. Please wait a few minutes and try again."),
        ),
        "untrue": (
            _("The answer of %(provider)s could not be checked") % data,
            _("Begin again. If it happens again, tell whoever looks after this help desk."),
        ),
        "unverified": (
            _("%(provider)s does not vouch for your address") % data,
            _("Without an address that is yours for sure we cannot know who you are.") + " " + mail_code,
        ),
        "unknown": (
            _("Nobody here has this address"),
            _("Your account at %(provider)s is good, but it belongs to nobody who may sign in here.") % data
            + " "
            + _("Ask whoever looks after this help desk."),
        ),
        "protected": (
            _("First link your account with %(provider)s yourself") % data,
            _(
                "You manage this help desk, so nobody else's word is enough. Sign in another way once, and link it in"
                " your profile under “Signing in and safety”."
            ),
        ),
    }
    return sentences["unknown" if why == "inactive" else why]
