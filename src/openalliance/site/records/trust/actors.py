"""Who acts. Every read and write of clinical data names an actor; there is no ambient user."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID


class ActorKind(StrEnum):
    """Whether a member of staff, a client, or the system itself acts."""

    STAFF = "staff"
    CLIENT = "client"
    SYSTEM = "system"


class Role(StrEnum):
    """What a member of staff does in the practice; one person may have several."""

    ADMINISTRATOR = "administrator"
    SUPERVISOR = "supervisor"
    THERAPIST = "therapist"


@dataclass(frozen=True, slots=True, kw_only=True)
class Actor:
    """One who acts within one practice. ``id`` is the person's or the client's."""

    kind: ActorKind
    id: UUID
    practice_id: UUID
    roles: frozenset[Role] = frozenset()

    @property
    def is_client(self) -> bool:
        return self.kind is ActorKind.CLIENT

    def has(self, role: Role) -> bool:
        """Whether a member of staff holds ``role``."""
        return self.kind is ActorKind.STAFF and role in self.roles


def system(practice_id: UUID) -> Actor:
    """Return the actor for work that nobody in particular ordered, such as closing a window."""
    return Actor(kind=ActorKind.SYSTEM, id=UUID(int=0), practice_id=practice_id)
