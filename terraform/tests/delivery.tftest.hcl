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

run "a_delivery_waits_for_31_days_and_the_subscription_for_ever" {
  assert {
    condition     = google_pubsub_subscription.importer.message_retention_duration == "2678400s"
    error_message = "The subscription must keep what is not acknowledged for 31 days."
  }

  assert {
    condition     = google_pubsub_topic.chunks.message_retention_duration == "2678400s"
    error_message = "The topic must keep what it was sent for 31 days."
  }

  assert {
    condition     = google_pubsub_subscription.importer.expiration_policy[0].ttl == ""
    error_message = "An idle subscription must not be deleted."
  }
}

run "a_push_may_take_as_long_as_an_invocation" {
  assert {
    condition     = google_pubsub_subscription.importer.ack_deadline_seconds > google_cloudfunctions2_function.importer.service_config[0].timeout_seconds
    error_message = "The push must not end before the function does."
  }
}

run "pushes_go_to_the_run_app_address_in_the_pushers_name" {
  assert {
    condition     = google_pubsub_subscription.importer.push_config[0].push_endpoint == google_cloudfunctions2_function.importer.service_config[0].uri
    error_message = "Internal ingress takes pushes on the run.app address alone."
  }

  assert {
    condition     = google_pubsub_subscription.importer.push_config[0].oidc_token[0].audience == google_cloudfunctions2_function.importer.service_config[0].uri
    error_message = "Cloud Run takes a token for its own address."
  }

  assert {
    condition     = google_pubsub_subscription.importer.push_config[0].oidc_token[0].service_account_email == google_service_account.pusher.email
    error_message = "Deliveries come from the pusher, who may invoke the function and nothing else."
  }
}

run "sent_back_deliveries_return_within_a_minute" {
  assert {
    condition     = google_pubsub_subscription.importer.retry_policy[0].minimum_backoff == "10s"
    error_message = "10 seconds, as the local topic has it."
  }

  assert {
    condition     = google_pubsub_subscription.importer.retry_policy[0].maximum_backoff == "60s"
    error_message = "60 seconds, as the local topic has it."
  }
}

run "only_finalized_objects_of_the_chunks_bucket_are_announced" {
  assert {
    condition     = google_storage_notification.chunks.event_types == toset(["OBJECT_FINALIZE"]) && google_storage_notification.chunks.bucket == google_storage_bucket.chunks.name
    error_message = "Nothing else may start an import."
  }
}

run "paused_keeps_the_subscription_and_pushes_nothing" {
  variables {
    paused = true
  }

  assert {
    condition     = length(google_pubsub_subscription.importer.push_config) == 0 && google_pubsub_subscription.importer.name == "mixpanel-importer"
    error_message = "A paused subscription stands, and pushes to nobody."
  }

  assert {
    condition     = google_pubsub_subscription.importer.message_retention_duration == "2678400s" && google_storage_notification.chunks.bucket == google_storage_bucket.chunks.name
    error_message = "What is uploaded meanwhile waits."
  }
}
