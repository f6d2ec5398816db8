output "client_id" {
  description = "GENESYS_CLIENT_ID"
  value       = genesyscloud_oauth_client.hookpatch.client_id
}

output "client_secret" {
  description = "GENESYS_CLIENT_SECRET, with expose_client_secret."
  value       = genesyscloud_oauth_client.hookpatch.client_secret
  sensitive   = true
}
