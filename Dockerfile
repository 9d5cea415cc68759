# One image for all of Wentong's services; docker-compose.yml says which command each runs.
FROM python:3.11-slim-bookworm

ENV PYTHONUTF8=1 PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1
WORKDIR /opt/wentong

# bulletins as PDF need a Chinese font
RUN apt-get -qq update \
    && apt-get -qq install --no-install-recommends --yes fonts-noto-cjk \
    && rm -rf /var/lib/apt/lists/*

COPY requirements-bootstrap.txt requirements.txt ./
RUN pip install --no-cache-dir --require-hashes -r requirements-bootstrap.txt \
    && uv pip install --system --no-cache --require-hashes --compile-bytecode -r requirements.txt

COPY . .
RUN uv pip install --system --no-deps --no-build-isolation --editable . \
    && useradd --uid 50000 --gid 0 --home-dir /srv/wentong --create-home wentong \
    && install --directory --owner=50000 --group=0 --mode=0775 \
        /srv/wentong/share /srv/wentong/archive /srv/wentong/releases /srv/wentong/exports \
        /srv/wentong/bulletins \
        /srv/wentong/logs /srv/wentong/airflow

ENV AIRFLOW_HOME=/srv/wentong/airflow \
    AIRFLOW__CORE__DAGS_FOLDER=/opt/wentong/dags \
    AIRFLOW__CORE__PLUGINS_FOLDER=/opt/wentong/plugins \
    AIRFLOW__LOGGING__BASE_LOG_FOLDER=/srv/wentong/logs \
    PYTHONPATH=/opt/wentong/plugins:/opt/wentong/deploy/airflow \
    WENTONG_HOME=/srv/wentong
USER 50000:0
