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

run "as_delivery_json_says" {
  assert {
    condition     = google_pubsub_subscription.importer.message_retention_duration == "2678400s"
    error_message = "A delivery must wait for 31 days."
  }
}
