mock_provider "google" {
  source = "./tests/mocks"
}

mock_provider "archive" {}

variables {
  project_id               = "some-project"
  mixpanel_token           = "some-token"
  mixpanel_service_account = "" # an unset ephemeral variable ends an apply in a test
  iam_wait_seconds         = 0
}

run "no_bucket_is_public_or_taken_away_with_what_it_holds" {
  assert {
    condition = alltrue([
      for bucket in [google_storage_bucket.chunks, google_storage_bucket.state, google_storage_bucket.source] :
      bucket.public_access_prevention == "enforced" && bucket.uniform_bucket_level_access && !bucket.force_destroy
    ])
    error_message = "Uniform access, never public, never destroyed by accident."
  }
}

run "an_unfinished_chunk_never_expires" {
  assert {
    condition = alltrue([
      for rule in google_storage_bucket.chunks.lifecycle_rule :
      one(rule.condition).days_since_custom_time > 0 && one(rule.condition).age == null
      if one(rule.action).type == "Delete"
    ])
    error_message = "Only the custom time, which finished chunks alone have, may make a chunk expire."
  }

  assert {
    condition     = [for rule in google_storage_bucket.chunks.lifecycle_rule : one(rule.action).type] == ["Delete", "AbortIncompleteMultipartUpload"]
    error_message = "Finished chunks and abandoned uploads go, and nothing else."
  }
}

run "nothing_in_the_state_bucket_expires" {
  assert {
    condition     = length(google_storage_bucket.state.lifecycle_rule) == 0 && length(google_storage_bucket.state.versioning) == 0
    error_message = "Ledger and dead letters stay."
  }
}

run "all_is_in_one_region" {
  variables {
    region = "europe-west1"
  }

  assert {
    condition = alltrue([
      for location in [
        google_storage_bucket.chunks.location,
        google_storage_bucket.state.location,
        google_storage_bucket.source.location,
        google_cloudfunctions2_function.importer.location,
        google_artifact_registry_repository.images.location,
        google_secret_manager_secret.credential.replication[0].user_managed[0].replicas[0].location,
        one(google_pubsub_topic.chunks.message_storage_policy[0].allowed_persistence_regions),
      ] : lower(location) == "europe-west1"
    ])
    error_message = "Traffic between regions costs money, and data may have to stay where it is."
  }
}
