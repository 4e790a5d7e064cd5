#!/bin/sh
# May USER_ID call SERVER/TOOL? With the nats command: check-with-nats.sh USER_ID SERVER TOOL
set -eu
body=$(printf '{"principal":"%s","operation":"tool.call","server":"%s","tool":"%s","arguments":null,"context":{}}' "$1" "$2" "$3")
signed=$(printf '%s' "$body" | node "$(dirname "$0")/sign-request.ts" policy.v1.check)
nats req policy.v1.check "$body" --server "$NATS_URL" --nkey "$NATS_SEED_FILE" --inbox-prefix _INBOX_tool \
  --header "Pc-Request:$signed" --raw
