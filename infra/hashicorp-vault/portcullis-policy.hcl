# What the service `vault` may do in HashiCorp Vault or OpenBao, and nothing else. Replace the name of the key (`portcullis`) and the
# path of the transit engine (`transit`) if yours are others. See docs/runbooks/key-providers.md.

# `update` and not `create`: whoever may create makes a key that is not there by encrypting under it.
path "transit/encrypt/portcullis" {
  capabilities = ["update"]
}

path "transit/decrypt/portcullis" {
  capabilities = ["update"]
}

# From one version of the key to the next, without the wrapped key leaving the engine.
path "transit/rewrap/portcullis" {
  capabilities = ["update"]
}

# Its versions, and whether it is a derived one. It shows no key.
path "transit/keys/portcullis" {
  capabilities = ["read"]
}

# Its own token: for roles that don't give the policy `default`.
path "auth/token/lookup-self" {
  capabilities = ["read"]
}

path "auth/token/renew-self" {
  capabilities = ["update"]
}

path "auth/token/revoke-self" {
  capabilities = ["update"]
}
