"""The way out, as the settings allow it: one rule for calls, documents, tokens, MCP servers and models."""

from __future__ import annotations

from callers.credential_setting import CredentialSetting
from callers.egress import Egress
from callers.egress_transport import GuardedTransport
from graph.settings import Settings


def egress_of(settings: Settings) -> Egress:
    return Egress.of(settings.allow_hosts, settings.allow_networks, settings.proxy)


def way_out(settings: Settings, *named: str) -> GuardedTransport:
    """For one piece of work; whoever takes it closes it. `named`: URLs that the operator has typed."""
    return GuardedTransport(egress_of(settings).also(*named))


def way_to_tokens(settings: Settings) -> GuardedTransport:
    """To the endpoints that give tokens: the operator named them, so they are allowed."""
    named = (each.token_url for each in settings.credentials.values() if isinstance(each, CredentialSetting))
    return way_out(settings, *filter(None, named))
