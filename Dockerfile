# Python 3.11 is what requirements/ is locked for.
FROM python:3.11.15-slim-trixie AS build
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1 PIP_ROOT_USER_ACTION=ignore
WORKDIR /source
RUN python -m venv /opt/ipg12
COPY requirements/ requirements/
RUN requirements/install python requirements/build.txt \
 && requirements/install /opt/ipg12/bin/python requirements/runtime.txt
COPY pyproject.toml README.md LICENSE ./
COPY schemas/ schemas/
COPY streams/ streams/
RUN pip wheel --no-deps --no-build-isolation --wheel-dir /wheels . \
 && /opt/ipg12/bin/python -m pip install --no-deps --no-index /wheels/ipg12-*.whl \
 && /opt/ipg12/bin/python -m pip check \
 && /opt/ipg12/bin/python -m pip uninstall --yes setuptools pip

FROM python:3.11.15-slim-trixie
RUN python -m pip uninstall --yes --root-user-action ignore setuptools wheel pip \
 && groupadd --gid 10001 ipg12 \
 && useradd --uid 10001 --gid 10001 --no-create-home --shell /usr/sbin/nologin ipg12
COPY --from=build /opt/ipg12 /opt/ipg12
ENV PATH=/opt/ipg12/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    IPG12_WEB_PORT=6066
# By number, so that an orchestrator can see that it is not root.
USER 10001:10001
EXPOSE 6066
STOPSIGNAL SIGTERM
# Past any proxy that Docker hands to its containers.
HEALTHCHECK --interval=10s --timeout=5s --start-period=60s --retries=3 CMD python -c \
 "from urllib.request import ProxyHandler as P, build_opener as b; b(P({})).open('http://127.0.0.1:${IPG12_WEB_PORT}/readyz', timeout=3)"
ENTRYPOINT ["ipg12"]
CMD ["worker"]
