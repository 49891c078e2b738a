"""WHO DECIDES: the `Reasoner` protocol; `offline` needs no model, `chat` asks any OpenAI-compatible one."""
