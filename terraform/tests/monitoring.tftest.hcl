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

run "every_alerts_metric_exists" {
  assert {
    condition = alltrue([
      for policy in google_monitoring_alert_policy.alerts : length(setsubtract(
        regexall("[a-z_]+_googleapis_com:[a-z0-9_]+", policy.conditions[0].condition_prometheus_query_language[0].query),
        concat(
          ["pubsub_googleapis_com:subscription_oldest_unacked_message_age"],
          [for metric in google_logging_metric.sums : "logging_googleapis_com:user_${replace(metric.name, "/", "_")}_sum"],
          [for metric in google_logging_metric.counts : "logging_googleapis_com:user_${replace(metric.name, "/", "_")}"],
        )
      )) == 0
    ])
    error_message = "An alert reads a metric that is neither made here nor Pub/Sub's."
  }

  assert {
    condition     = length(google_monitoring_alert_policy.alerts) == 7
    error_message = "There are seven alerts."
  }
}

run "an_alert_without_data_yet_can_be_made" {
  assert {
    condition = alltrue([
      for policy in google_monitoring_alert_policy.alerts :
      policy.conditions[0].condition_prometheus_query_language[0].disable_metric_validation
    ])
    error_message = "A metric has no data before its first line, and would be refused."
  }
}

run "every_alert_goes_to_the_address" {
  assert {
    condition = alltrue([
      for policy in google_monitoring_alert_policy.alerts :
      policy.notification_channels == tolist([google_monitoring_notification_channel.email[0].id])
    ])
    error_message = "An alert that nobody is told of is none."
  }

  assert {
    condition     = google_monitoring_notification_channel.email[0].labels.email_address == "ann@example.com"
    error_message = "The channel must lead to alert_email."
  }
}

run "paused_is_no_reason_to_page" {
  variables {
    paused = true
  }

  assert {
    condition     = setsubtract(keys(local.alerts), keys(google_monitoring_alert_policy.alerts)) == toset(["import stands still"])
    error_message = "While paused, exactly the alert on an import that stands still must be missing."
  }
}

run "no_address_no_alert" {
  variables {
    alert_email = null
  }

  assert {
    condition     = length(google_monitoring_alert_policy.alerts) == 0 && length(google_monitoring_notification_channel.email) == 0
    error_message = "Without alert_email there must be no alert and no channel."
  }
}
