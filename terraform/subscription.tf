locals {
  # The local topic reads the same file, and so behaves like this one.
  delivery = jsondecode(file("${path.module}/delivery.json"))
}

# No dead-letter topic: a delivery that finds its chunk at work is sent back, and would count as a failure.
resource "google_pubsub_subscription" "importer" {
  name    = "${var.name}-importer"
  project = local.project_id
  topic   = google_pubsub_topic.chunks.id

  ack_deadline_seconds       = local.delivery.ack_deadline_seconds
  message_retention_duration = "${local.delivery.retention_seconds}s" # Google's default gives up after 7 days

  expiration_policy {
    ttl = "" # Google's default deletes a subscription that was idle for 31 days
  }

  retry_policy {
    minimum_backoff = "${local.delivery.minimum_backoff_seconds}s"
    maximum_backoff = "${local.delivery.maximum_backoff_seconds}s"
  }

  # Without it nothing is pushed and everything waits: that is how `paused` works.
  dynamic "push_config" {
    for_each = var.paused ? [] : [google_cloudfunctions2_function.importer.service_config[0].uri]

    content {
      # The run.app address: internal ingress takes pushes on no other.
      push_endpoint = push_config.value

      oidc_token {
        audience              = push_config.value
        service_account_email = google_service_account.pusher.email
      }
    }
  }
}
