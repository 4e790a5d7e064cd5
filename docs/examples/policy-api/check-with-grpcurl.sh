#!/bin/sh
# May USER_ID call SERVER/TOOL? With grpcurl: check-with-grpcurl.sh USER_ID SERVER TOOL
set -eu
body=$(printf '{"principal":{"user":"%s"},"operation":"OPERATION_TOOL_CALL","server":"%s","tool":"%s"}' "$1" "$2" "$3")
# On loopback; elsewhere -cacert FILE instead of -plaintext.
grpcurl -plaintext -max-time 3 -rpc-header "authorization: Bearer $(cat "$POLICY_TOKEN_FILE")" -d "$body" \
  "$POLICY_GRPC" portcullis.policy.v1.PolicyService/Check
