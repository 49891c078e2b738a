"""The policy as the operator writes it: YAML or JSON, read whole or refused."""

from __future__ import annotations

from pathlib import Path

from catalog import json_text, yaml_text
from catalog.errors import SettingsError
from catalog.policy import Policy, read_policy

SETTING = "SWITCHBOARD_POLICY_FILE"
LARGEST = 1_000_000


def policy_in(path: Path) -> Policy:
    """Raises SettingsError: a policy that cannot be read is never taken for none."""
    try:
        if path.stat().st_size > LARGEST:
            raise ValueError(f"is larger than {LARGEST:,} bytes")
        text = path.read_bytes()
        if path.suffix.lower() == ".json":
            return read_policy(json_text.parse(text))
        documents = yaml_text.parse_yaml(text)
        if len(documents) != 1:
            raise ValueError("must hold one document with `version` and `rules`")
        return read_policy(documents[0])
    except OSError as error:
        raise SettingsError(SETTING, f"{path} cannot be read: {error.strerror or error}") from None
    except ValueError as error:
        raise SettingsError(SETTING, f"{path}: {json_text.reason(error)}") from None
