# Made last: an object announced before the subscription stands would never be delivered.
resource "google_storage_notification" "chunks" {
  bucket         = google_storage_bucket.chunks.name
  topic          = google_pubsub_topic.chunks.id
  event_types    = ["OBJECT_FINALIZE"]
  payload_format = "JSON_API_V1"

  depends_on = [
    google_cloud_run_v2_service_iam_member.pusher_invokes,
    google_logging_metric.counts, # they count from their making on
    google_logging_metric.sums,
    google_pubsub_subscription.importer,
    terraform_data.iam_spread,
  ]
}
