resource "google_cloudfunctions2_function" "importer" {
  name        = "${var.name}-importer"
  project     = local.project_id
  location    = var.region
  description = "Imports each chunk of gs://${google_storage_bucket.chunks.name} into Mixpanel"

  build_config {
    runtime           = "python313" # supported until October 2029
    entry_point       = "on_finalize"
    service_account   = google_service_account.builder.id
    docker_repository = google_artifact_registry_repository.images.id

    source {
      storage_source {
        bucket = google_storage_bucket.source.name
        object = google_storage_bucket_object.source.name
      }
    }
  }

  service_config {
    available_cpu = "1" # concurrency above 1 needs a whole one
    # 32 chunks at once take 274 MB at most (python -m benchmarks memory); Google's next size down, 512Mi, would
    # save four cents a billion records.
    available_memory                 = "1Gi"
    timeout_seconds                  = local.timeout_seconds
    max_instance_count               = var.max_instances
    max_instance_request_concurrency = local.concurrency
    ingress_settings                 = "ALLOW_INTERNAL_ONLY" # Pub/Sub of this project
    all_traffic_on_latest_revision   = true                  # a second one at work would double the rate
    service_account_email            = google_service_account.importer.email

    environment_variables = merge({
      BATCHES_IN_FLIGHT        = "20"
      CHUNKS_AT_ONCE           = "6"
      GOOGLE_CLOUD_PROJECT     = local.project_id # links log lines to traces
      MALLOC_ARENA_MAX         = "2"              # else each thread keeps memory of its own: 498 MB instead of 274
      MAX_ATTEMPTS             = "20"
      MAX_MEGABYTES_PER_MINUTE = tostring(floor(var.megabytes_per_minute / var.max_instances))
      MAX_RECORDS_PER_SECOND   = tostring(floor(var.records_per_second / var.max_instances))
      MIXPANEL_REGION          = var.mixpanel_region
      STATE_BUCKET             = google_storage_bucket.state.name
      THREADS                  = tostring(local.concurrency + 8) # a request without a thread would wait unseen
      TIMEOUT_SECONDS          = tostring(local.timeout_seconds)
      }, var.mixpanel_project_id == null ? {} : {
      MIXPANEL_PROJECT_ID = var.mixpanel_project_id
    })

    secret_environment_variables {
      key        = upper(local.credential_kind)
      project_id = google_storage_bucket.state.project_number # the id instead would show a change in every plan
      secret     = google_secret_manager_secret.credential.secret_id
      version    = google_secret_manager_secret_version.credential.version # a new one redeploys
    }
  }

  depends_on = [terraform_data.iam_spread]
}

locals {
  # The most for a function that a delivery starts; the push behind it ends at 600.
  timeout_seconds = 540
  # Far more than are worked on at once: a delivery that waits inside is free, one that is turned away slows
  # the whole subscription down.
  concurrency = 32
}
