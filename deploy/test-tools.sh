#!/usr/bin/env bash
# Installs what the tests need besides Python: LibreOffice, which opens every template, and a Chinese font for bulletins in PDF.
# Only root can; without them an ordinary user's run skips those tests and says so.
set -euo pipefail

if ((EUID != 0)) || ! command -v apt-get >/dev/null; then
    exit 0
fi
missing=()
command -v soffice >/dev/null || missing+=(libreoffice-calc)
compgen -G "/usr/share/fonts/opentype/noto/NotoSerifCJK*" >/dev/null || missing+=(fonts-noto-cjk)
if ((${#missing[@]} == 0)); then
    exit 0
fi
echo "Installing for the tests: ${missing[*]}"
export DEBIAN_FRONTEND=noninteractive
apt-get -qq update
apt-get -qq install --no-install-recommends "${missing[@]}" >/dev/null
