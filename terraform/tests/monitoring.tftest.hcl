mock_provider "google" {
  source = "./tests/mocks"
}

mock_provider "archive" {}

variables {
  project_id               = "some-project"
  mixpanel_token           = "some-token"
  mixpanel_service_account = "" # an unset ephemeral variable ends an apply in a test
  iam_wait_seconds         = 0
  alert_email              = "ann@example.com"
}

run "metrics_are_of_this_functions_lines" {
  assert {
    condition = alltrue([
      for metric in concat(values(google_logging_metric.sums), values(google_logging_metric.counts)) :
      strcontains(metric.filter, "resource.labels.service_name=\"${google_cloudfunctions2_function.importer.name}\"")
    ])
    error_message = "Each log-based metric must read the lines of this deployment's function alone."
  }
}
