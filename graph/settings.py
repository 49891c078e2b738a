"""Every setting, each with a default that works on a laptop with no keys. Nothing else reads the environment."""

from __future__ import annotations

import ipaddress
import re
from pathlib import Path
from typing import Annotated, Literal

from pydantic import AliasChoices, Field, SecretStr, StringConstraints, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from callers.credential_setting import CredentialSetting
from callers.egress import host_of
from callers.mcp_servers import McpServer
from callers.supplied import OperatorValues
from graph.requests import Approve
from graph.runs import Retention
from reasoners.providers import DriverName


class Settings(BaseSettings):
    """Read from the environment (prefix `SWITCHBOARD_`) and from `.env` in the working folder."""

    model_config = SettingsConfigDict(
        env_prefix="SWITCHBOARD_",
        env_file=".env",
        env_ignore_empty=True,  # compose files and shells pass what is unset as empty
        extra="ignore",
        frozen=True,
        populate_by_name=True,
    )

    data_dir: Path = Path("~/.switchboard")
    """Folder of the catalog, its index, threads and the record of what was sent."""
    database_url: SecretStr | None = None
    """PostgreSQL (`postgresql://...`), which then keeps all that replicas share. Unset: SQLite in the data folder."""
    database_connections: int = Field(10, ge=1)
    """Connections of this process to it for questions, at most; up to four more are for the catalog."""

    host: str = Field("127.0.0.1", validation_alias=AliasChoices("SWITCHBOARD_HOST", "HOST"))
    port: int = Field(8000, ge=0, le=65_535, validation_alias=AliasChoices("SWITCHBOARD_PORT", "PORT"))
    """Address of `switchboard serve`."""
    allow_open: bool = False
    """Allow an address other than loopback, though nothing asks callers who they are."""
    allowed_hosts: tuple[str, ...] = ()
    """Names under which the service may be asked, beside loopback and its own address: no other site's name may be
    bound to it (DNS rebinding). With SWITCHBOARD_ALLOW_OPEN and none named: any."""
    allowed_origins: tuple[str, ...] = ()
    """Web pages elsewhere that may use the service from a browser, as `https://chat.example.com`."""
    trusted_proxies: tuple[str, ...] = ()
    """Addresses of proxies whose `X-Forwarded-For` says who the client is."""
    max_connections: int = Field(2_000, ge=1)
    max_runs: int = Field(500, ge=1)
    """Questions under way in this process at once; more are refused with 503."""
    client_runs: int = Field(250, ge=1)
    """Of one client address; more are refused with 429."""
    client_seconds: float = Field(15, gt=0)
    """How long a client may take to send its headers, to send a small body, and to read an answer."""
    client_requests_per_minute: int | None = Field(None, ge=1)
    """Questions of one client address in a minute. Unset: any number."""
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = Field(
        "WARNING", validation_alias=AliasChoices("SWITCHBOARD_LOG_LEVEL", "LOG_LEVEL")
    )
    import_hosts: tuple[str, ...] = ()
    """Hosts from which `POST /catalog/import` may fetch a `source`."""
    allow_hosts: tuple[str, ...] = ()
    """Hosts that may be contacted though their addresses are not public: names, or `name:port`."""
    allow_networks: tuple[str, ...] = ()
    """Networks that may be contacted though they are not public, under any name: `10.1.0.0/16`."""
    proxy: str | None = None
    """What everything goes out through. Those that the environment names for other programs are not used."""

    reasoner: Literal["offline", "chat"] | None = None
    """Who decides. Unset: `chat` if a model is set, else `offline`: a key alone spends no money."""
    model: str | None = None
    """Model name for the chat reasoner."""
    openai_api_key: SecretStr | None = Field(
        None, validation_alias=AliasChoices("SWITCHBOARD_OPENAI_API_KEY", "OPENAI_API_KEY")
    )
    openai_base_url: str | None = Field(
        None, validation_alias=AliasChoices("SWITCHBOARD_OPENAI_BASE_URL", "OPENAI_BASE_URL")
    )
    """Any OpenAI-compatible endpoint; unset: OpenAI's own."""
    driver: DriverName | None = None
    """In which form the model is asked and answers. Unset: the form that the endpoint knows best."""
    prompts_dir: Path | None = None
    """Folder of prompts in place of bundled ones, each a file `NAME.md`. Unset: `prompts` in the data folder."""
    prices_file: Path | None = None
    """Prices of models that go before the bundled ones: JSON, US dollars per million tokens."""
    model_timeout_seconds: float = Field(60, gt=0)
    """Total time for one model call, retries included."""
    model_concurrency: int = Field(16, ge=1)
    """Model calls under way at once, over all queries of this process."""
    cache_seconds: int = Field(86_400, ge=0)
    """How long a model's choices and plans answer the same question again; 0: never."""
    cache_answers: int = Field(10_000, ge=1)
    """How many of them are kept, the newest; about 1 kB each."""
    embeddings_model: str | None = None
    """Model of vectors at an OpenAI-compatible endpoint, to search by meaning too. Unset: by words alone."""
    embeddings_base_url: Annotated[str, StringConstraints(pattern="^https?://")] | None = None
    """Its endpoint. Unset: that of the chat model, or OpenAI's own, with the key of that."""
    embeddings_api_key: SecretStr | None = None
    embeddings_folder: Path | None = None
    """Folder of a model2vec model, in place of an endpoint."""
    embeddings_weight: float = Field(0.5, ge=0, le=10)
    """How much the nearest by meaning counts beside the best by words."""
    embeddings_seconds: float = Field(1.0, gt=0)
    """For the vector of a question; what takes longer is done without."""

    learned_questions: int = Field(10_000, ge=0)
    """How many answered questions of a tenant help to find APIs for later ones, the latest; 0: none."""

    credentials: dict[str, SecretStr | CredentialSetting] = Field(default_factory=dict)
    """Credentials by the name that the catalog gives them: where the secret is, or all that is to be said of it."""
    values: OperatorValues | None = None
    """Values of hidden parameters, by tenant and by user."""
    secret_key: SecretStr | None = None
    """Seals the tokens of those who signed in: `env:NAME`, `file:PATH`, `keyring:SERVICE/NAME`, or the key itself.
    Unset: one that is made in the data folder."""
    public_url: str | None = None
    """Address at which browsers reach this service, for signing in. Unset: `http://127.0.0.1:PORT`."""

    python_modules: tuple[str, ...] = ()
    """Python modules whose functions and LangChain tools may be imported into the catalog, and called."""
    mcp_servers: dict[str, McpServer] = Field(default_factory=dict)
    """MCP servers by name: an address, or a program to start; secrets as in `credentials`."""
    mcp_stdio: bool = False
    """Allow MCP servers that are programs to be started."""

    pool_size: int = Field(64, ge=1, le=500)
    """Candidate APIs per question, at most; 64 as in AnyTool."""
    max_llm_calls: int = Field(40, ge=0)
    max_tokens: int = Field(60_000, ge=0)
    max_cost_usd: float | None = Field(None, ge=0)
    deadline_seconds: float = Field(120, gt=0)
    max_rounds: int = Field(2, ge=1)
    """Hard limits of a query that names none itself."""
    soft_llm_calls: int | None = Field(None, ge=1)
    soft_tokens: int | None = Field(None, ge=1)
    soft_cost_usd: float | None = Field(None, gt=0)
    soft_seconds: float | None = Field(None, gt=0)
    """Where a person is asked whether to go on, and by how much a yes extends it. Unset: nowhere."""
    approve: Approve = "mutating"
    """Which calls a person approves first. A query may tighten it, never loosen it."""
    approval_seconds: float = Field(86_400, gt=0)
    """How long an approval may be given, and used."""
    policy_file: Path | None = None
    """Rules that say which calls are sent, asked about, or denied: YAML or JSON."""
    audit_file: Path | None = None
    """Lines of what was approved and sent. Unset: `audit.jsonl` in the data folder."""
    call_timeout_seconds: float = Field(30, gt=0)
    """Total time for one call to an API."""
    call_concurrency: int = Field(8, ge=1)
    """Calls of one question under way at once."""
    response_limit_bytes: int = Field(2_000_000, ge=1_000)
    """A longer response is refused."""
    call_retries: int = Field(2, ge=0, le=2)
    """How often a call is tried again that only reads, or that its upstream knows by a key."""
    upstream_concurrency: int = Field(16, ge=1)
    """Calls to one upstream under way at once."""
    upstream_per_second: float | None = Field(None, gt=0)
    """Calls to one upstream a second, on average. Unset: as many as there are."""
    longest_pause_seconds: float = Field(60, ge=0)
    """The longest pause that an upstream can ask for (`Retry-After`)."""
    circuit_failures: int = Field(5, ge=1)
    """After so many failures in a row nothing is sent to an upstream for a while."""
    circuit_seconds: float = Field(30, gt=0)
    """How long; then one call tries whether it is back."""

    keep_threads_days: float | None = Field(None, gt=0)
    """How long finished threads are kept after they were last touched. Unset: for ever."""
    keep_keys_hours: float = Field(24, gt=0)
    """How long a request with an `Idempotency-Key` that comes again is answered by what the first one brought."""
    keep_keys: int = Field(10_000, ge=1)
    """How many of these keys are kept, the newest; each with its answer."""
    lease_seconds: float = Field(15, ge=2, le=3_600)
    """How long a process that hangs, or a replica that died, keeps its runs before another takes them up."""
    stop_seconds: float = Field(8, ge=0)
    """How long a service that is told to end lets work under way end; what outlasts it is taken up again later."""

    @field_validator("mcp_servers")
    @classmethod
    def _are_names(cls, servers: dict[str, McpServer]) -> dict[str, McpServer]:
        for name in servers:
            if not re.fullmatch(r"[\w.-]+", name):
                raise ValueError(f"the name {name!r} may hold letters, digits, dots, dashes and underscores only")
        return servers

    @field_validator("database_url")
    @classmethod
    def _is_postgres(cls, url: SecretStr | None) -> SecretStr | None:
        if url is not None and not url.get_secret_value().startswith(("postgresql://", "postgres://")):
            raise ValueError("must begin with postgresql://")
        return url

    @field_validator("allow_hosts")
    @classmethod
    def _are_hosts(cls, hosts: tuple[str, ...]) -> tuple[str, ...]:
        for host in hosts:
            host_of(host)
        return hosts

    @field_validator("allow_networks")
    @classmethod
    def _are_networks(cls, networks: tuple[str, ...]) -> tuple[str, ...]:
        for network in networks:
            ipaddress.ip_network(network)
        return networks

    @field_validator("openai_base_url", "proxy")
    @classmethod
    def _is_address(cls, url: str | None) -> str | None:
        if url is not None and not url.startswith(("http://", "https://")):
            raise ValueError("must begin with http:// or https://")
        return url

    @property
    def chosen_reasoner(self) -> Literal["offline", "chat"]:
        return self.reasoner or ("chat" if self.model else "offline")

    @property
    def retention(self) -> Retention:
        days = self.keep_threads_days
        return Retention(None if days is None else days * 86_400, self.keep_keys_hours * 3_600, self.keep_keys)

    @property
    def folder(self) -> Path:
        return self.data_dir.expanduser()

    @property
    def prompts_folder(self) -> Path | None:
        """One that is named must be there; the one of the data folder need not."""
        if self.prompts_dir is not None:
            return self.prompts_dir.expanduser()
        own = self.folder / "prompts"
        return own if own.exists() else None
