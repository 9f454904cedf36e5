resource "google_pubsub_topic" "chunks" {
  #checkov:skip=CKV_GCP_83:Notifications hold names and sizes; the README says what to add for keys of your own.
  name                       = "${var.name}-chunks"
  project                    = local.project_id
  message_retention_duration = "${local.delivery.retention_seconds}s"

  message_storage_policy {
    allowed_persistence_regions = [var.region]
  }
}
