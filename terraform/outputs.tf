output "chunks_bucket" {
  description = "Where chunks are uploaded to."
  value       = google_storage_bucket.chunks.name
}

output "commands" {
  description = "What to run next."
  value       = <<-EOT
    python -m partitioner split EXPORT --output chunks/
    python -m partitioner upload chunks/ gs://${google_storage_bucket.chunks.name}
    python -m partitioner follow chunks/ --state gs://${google_storage_bucket.state.name}
  EOT
}

output "function_uri" {
  description = "The address that deliveries are pushed to."
  value       = google_cloudfunctions2_function.importer.service_config[0].uri
}

output "state_bucket" {
  description = "Where ledger and dead letters are."
  value       = google_storage_bucket.state.name
}

output "subscription" {
  description = "What deliveries wait in."
  value       = google_pubsub_subscription.importer.name
}

output "topic" {
  description = "What the chunks bucket announces its objects to."
  value       = google_pubsub_topic.chunks.name
}
