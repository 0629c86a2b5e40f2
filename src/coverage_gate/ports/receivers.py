"""Who is told."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from coverage_gate.core.outbox import Message


class DeliveryError(Exception):
    """A message did not arrive, or nobody knows whether it did. The text holds no secret.

    Attributes:
        retry_s: How long the receiver asks to wait; None: it does not say.
        is_final: Whether the same message would be refused again.
        is_wide: Whether every other message to this receiver would fare alike now.
        status: Of HTTP; None where there was no answer.
    """

    def __init__(
        self,
        message: str,
        *,
        retry_s: float | None = None,
        is_final: bool = False,
        is_wide: bool = True,
        status: int | None = None,
    ) -> None:
        super().__init__(message)
        self.retry_s = retry_s
        self.is_final = is_final
        self.is_wide = is_wide
        self.status = status


class Receiver(Protocol):
    """Somebody who is told: a chat, a tracker, a forge."""

    @property
    def topic(self) -> str:
        """The topic of the messages that it gets, as in "telegram"."""

    @property
    def is_chat(self) -> bool:
        """Whether people read each message: what belongs together is told as one."""

    def deliver(self, message: Message) -> str:
        """Send a message, so that sending it again changes nothing where that is possible.

        Returns:
            A remark for the operator; empty for none.

        Raises:
            DeliveryError: If it did not arrive.
        """

    def check(self) -> str:
        """Ask whether messages would arrive; changes nothing. Returns what was found.

        Raises:
            DeliveryError: If they would not.
        """
