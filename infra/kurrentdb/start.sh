#!/bin/sh
# The passwords of KurrentDB's two built-in users can be given in its environment only. They are read here, so that they
# are neither in the compose file nor in what `docker inspect` shows. They count at the first start.
set -eu
KURRENTDB_DEFAULT_ADMIN_PASSWORD=$(cat /run/portcullis/admin-password)
KURRENTDB_DEFAULT_OPS_PASSWORD=$(cat /run/portcullis/ops-password)
export KURRENTDB_DEFAULT_ADMIN_PASSWORD KURRENTDB_DEFAULT_OPS_PASSWORD
if [ -x /opt/kurrentdb/KurrentDB ]; then exec /opt/kurrentdb/KurrentDB "$@"; fi
exec /opt/kurrentdb/kurrentd "$@"
