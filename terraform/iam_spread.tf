# The one wait: a grant that was answered for may take minutes to count everywhere.
# https://docs.cloud.google.com/iam/docs/access-change-propagation (2026-08)
resource "terraform_data" "iam_spread" {
  triggers_replace = [
    google_artifact_registry_repository_iam_member.builder_writes.id,
    google_project_iam_member.builder_logs.id,
    google_project_iam_member.builder_reads.id,
    google_pubsub_topic_iam_member.bucket_publishes.id,
    google_secret_manager_secret_iam_member.importer_reads.id,
    google_storage_bucket_iam_member.importer_reads.id,
    google_storage_bucket_iam_member.importer_writes.id,
  ]

  provisioner "local-exec" {
    command = "sleep ${var.iam_wait_seconds}"
  }
}
