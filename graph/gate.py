"""Opens what every call passes before it is sent: the policy and the audit log of the settings."""

from __future__ import annotations

from callers.audit import AuditFile
from catalog.policy import Policy
from catalog.policy_file import policy_in
from graph.settings import Settings
from nodes.approval import Gate


def open_gate(settings: Settings) -> Gate:
    """Raises SettingsError: a policy that cannot be read is never taken for none."""
    path = settings.audit_file.expanduser() if settings.audit_file else settings.folder / "audit.jsonl"
    policy = policy_in(settings.policy_file.expanduser()) if settings.policy_file else Policy()
    return Gate(policy, AuditFile(path), settings.approval_seconds)
