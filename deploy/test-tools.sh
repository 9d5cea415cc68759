#!/usr/bin/env bash
# Installs what the tests need besides Python: LibreOffice, which opens every template.
# Only root can; without it an ordinary user's run skips that test and says so.
set -euo pipefail

if command -v soffice >/dev/null || ((EUID != 0)) || ! command -v apt-get >/dev/null; then
    exit 0
fi
echo "Installing LibreOffice Calc for the tests"
export DEBIAN_FRONTEND=noninteractive
apt-get -qq update
apt-get -qq install --no-install-recommends libreoffice-calc >/dev/null
