# A single node with integrated storage, behind TLS. It starts sealed: see docs/runbooks/deploy.md.
storage "raft" {
  path    = "/vault/data"
  node_id = "vault-1"
}

listener "tcp" {
  address         = "0.0.0.0:8200"
  tls_cert_file   = "/run/portcullis/server.crt"
  tls_key_file    = "/run/portcullis/server.key"
  tls_min_version = "tls12"
}

api_addr     = "https://hashicorp-vault:8200"
cluster_addr = "https://hashicorp-vault:8201"

# The container holds no capability to lock memory, and has no swap to lock it against.
disable_mlock = true
ui            = false
