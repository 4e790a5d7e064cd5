#!/bin/sh
# May USER_ID call SERVER/TOOL? AuthZEN with curl: check-with-curl.sh USER_ID SERVER TOOL
set -eu
body=$(printf '{"subject":{"type":"user","id":"%s"},"action":{"name":"tool.call"},"resource":{"type":"tool","id":"%s/%s"}}' "$1" "$2" "$3")
# The token goes by standard input: arguments of a process can be seen by others.
printf 'header = "Authorization: Bearer %s"\n' "$(cat "$POLICY_TOKEN_FILE")" |
  curl --silent --show-error --fail-with-body --max-time 3 --config - --header 'Content-Type: application/json' \
    --data "$body" "$POLICY_AUTHZEN/access/v1/evaluation"
