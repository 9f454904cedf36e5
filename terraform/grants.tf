# Members only: no binding or policy, which would take away what others have granted. Each grant is on the one
# resource that needs it; the two at project level say why.

# The function

resource "google_storage_bucket_iam_member" "importer_reads" {
  bucket = google_storage_bucket.chunks.name
  role   = google_project_iam_custom_role.chunk_reader.id
  member = google_service_account.importer.member
}

resource "google_storage_bucket_iam_member" "importer_writes" {
  bucket = google_storage_bucket.state.name
  role   = "roles/storage.objectUser" # overwriting a ledger entry needs delete
  member = google_service_account.importer.member
}

resource "google_secret_manager_secret_iam_member" "importer_reads" {
  project   = local.project_id
  secret_id = google_secret_manager_secret.credential.secret_id
  role      = "roles/secretmanager.secretAccessor"
  member    = google_service_account.importer.member
}

# Delivery

data "google_storage_project_service_account" "bucket" {
  # The id is known only once the API is enabled, which is when this identity can be asked for.
  project = split("/", google_project_service.enabled["storage.googleapis.com"].id)[0]
}

resource "google_pubsub_topic_iam_member" "bucket_publishes" {
  project = local.project_id
  topic   = google_pubsub_topic.chunks.name
  role    = "roles/pubsub.publisher"
  member  = data.google_storage_project_service_account.bucket.member
}

resource "google_cloud_run_v2_service_iam_member" "pusher_invokes" {
  project  = local.project_id
  location = var.region
  name     = google_cloudfunctions2_function.importer.name # its service has the same name
  role     = "roles/run.invoker"
  member   = google_service_account.pusher.member

  lifecycle {
    replace_triggered_by = [google_cloudfunctions2_function.importer.id] # a new service has lost it
  }
}

# The build

resource "google_artifact_registry_repository_iam_member" "builder_writes" {
  project    = local.project_id
  location   = var.region
  repository = google_artifact_registry_repository.images.name
  role       = "roles/artifactregistry.writer"
  member     = google_service_account.builder.member
}

resource "google_project_iam_member" "builder_logs" {
  project = local.project_id # logs have no resource of their own to grant on
  role    = "roles/logging.logWriter"
  member  = google_service_account.builder.member
}

resource "google_project_iam_member" "builder_reads" {
  project = local.project_id # Google makes this bucket with the first build, so there is nothing to grant on before
  role    = "roles/storage.objectViewer"
  member  = google_service_account.builder.member

  condition {
    title      = "sources of this region's functions"
    expression = "resource.name.startsWith(\"projects/_/buckets/gcf-v2-sources-${google_storage_bucket.source.project_number}-${var.region}\")"
  }
}

# People and jobs that upload, follow and retry

resource "google_storage_bucket_iam_member" "operators_upload" {
  for_each = var.operators

  bucket = google_storage_bucket.chunks.name
  role   = google_project_iam_custom_role.chunk_writer.id
  member = each.key
}

resource "google_storage_bucket_iam_member" "operators_follow" {
  for_each = var.operators

  bucket = google_storage_bucket.state.name
  role   = "roles/storage.objectViewer"
  member = each.key
}
