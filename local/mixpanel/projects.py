"""Who may write where: tokens, service accounts with project ids, project secrets.

Sources: https://docs.mixpanel.com/reference/import-events, Authentication; securitySchemes of
openapi/ingestion.openapi.yaml (2026-08). That a service account is also taken without base64 is what others'
senders do.
"""

import base64
import binascii
from dataclasses import dataclass, field
from typing import Any

DEFAULT_TOKEN = "simulator-token"  # noqa: S105 (it opens nothing but this simulator)


@dataclass(frozen=True, slots=True)
class Project:
    """`accounts` are "user:secret", `bearers` OAuth tokens, `tables` lookup tables: names by id."""

    id: str
    tokens: tuple[str, ...] = ()
    accounts: tuple[str, ...] = ()
    secrets: tuple[str, ...] = ()
    bearers: tuple[str, ...] = ()
    tables: dict[str, str] = field(default_factory=dict)


@dataclass(slots=True)
class Projects:
    """All that are known. Once shared it is replaced as a whole, not changed in place."""

    known: dict[str, Project] = field(default_factory=dict)

    def put(self, project: Project) -> None:
        self.known[project.id] = project

    def add_token(self, token: str) -> Project:
        """The token's project, a new one (numbered from 1000001) where there is none."""
        for project in self.known.values():
            if token in project.tokens:
                return project
        number = 1_000_001
        while str(number) in self.known:
            number += 1
        project = Project(str(number), tokens=(token,))
        self.put(project)
        return project

    def find(self, authorization: str, project_id: str | None, *, token_allowed: bool) -> Project | None:
        """The project that the header may write to, or None: 401."""
        scheme, _, value = authorization.partition(" ")
        if scheme.lower() == "bearer":
            return self._with_id(project_id, "bearers", value.strip())
        if scheme.lower() != "basic":
            return None
        for pair in (decoded(value.strip()), value.strip()):
            if pair is None:
                continue
            user, _, password = pair.partition(":")
            found = (
                self._with_id(project_id, "accounts", pair)
                if password
                else self._alone(user, project_id, token_allowed)
            )
            if found is not None:
                return found
        return None

    def _with_id(self, project_id: str | None, kind: str, value: str) -> Project | None:
        project = self.known.get(project_id or "")
        return project if project is not None and value in getattr(project, kind) else None

    def _alone(self, user: str, project_id: str | None, token_allowed: bool) -> Project | None:
        for project in self.known.values():
            if (token_allowed and user in project.tokens) or user in project.secrets:
                return project if project_id in (None, "", project.id) else None
        return None

    def by_token(self, token: str) -> Project | None:
        return next((project for project in self.known.values() if token in project.tokens), None)


def decoded(value: str) -> str | None:
    try:
        return base64.b64decode(value, validate=True).decode()
    except (binascii.Error, UnicodeDecodeError, ValueError):
        return None


def token_of(authorization: str) -> str | None:
    """The user of a Basic header without password."""
    scheme, _, value = authorization.partition(" ")
    pair = decoded(value.strip()) if scheme.lower() == "basic" else None
    user, _, password = (pair or "").partition(":")
    return user if user and not password else None


def project_from(content: dict[str, Any]) -> Project:
    """Raises ValueError with a sentence."""
    unknown = set(content) - {"id", "tokens", "accounts", "secrets", "bearers", "tables"}
    if unknown or not content.get("id"):
        raise ValueError(
            "a project is {id, tokens, accounts, secrets, bearers, tables}: lists of text, tables {id: name}"
        )
    lists = {
        kind: tuple(map(str, content.get(kind, ()))) for kind in ("tokens", "accounts", "secrets", "bearers")
    }
    return Project(str(content["id"]), **lists, tables=dict(content.get("tables", {})))
