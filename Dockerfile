FROM python:3.12-slim AS build

WORKDIR /src
COPY pyproject.toml README.md LICENSE ./
COPY api api
COPY callers callers
COPY catalog catalog
COPY demo demo
COPY evals evals
COPY graph graph
COPY nodes nodes
COPY reasoners reasoners
RUN python -m venv /opt/switchboard && /opt/switchboard/bin/python -m pip install --no-cache-dir '.[mcp,postgres]'


FROM python:3.12-slim

RUN useradd --system --uid 10001 --create-home switchboard && install --directory --owner=switchboard /data
COPY --from=build /opt/switchboard /opt/switchboard

# Inside a container loopback reaches nobody. Who may reach the port is decided where it is published:
# nothing asks callers who they are, so publish it on loopback only, as docker-compose.yml does.
ENV PATH=/opt/switchboard/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    SWITCHBOARD_DATA_DIR=/data \
    SWITCHBOARD_HOST=0.0.0.0 \
    SWITCHBOARD_PORT=8000 \
    SWITCHBOARD_ALLOW_OPEN=true

USER 10001
WORKDIR /data
VOLUME /data
EXPOSE 8000
HEALTHCHECK --interval=10s --timeout=5s --start-period=10s \
    CMD ["python", "-c", "import urllib.request as u; u.build_opener(u.ProxyHandler({})).open('http://127.0.0.1:8000/readyz', timeout=4)"]
CMD ["switchboard", "serve"]
