"""Decides by asking a chat model over any OpenAI-compatible endpoint. One file per verb."""

from reasoners.chat.opening import open_chat
from reasoners.chat.reasoner import ChatReasoner

__all__ = ["ChatReasoner", "open_chat"]
