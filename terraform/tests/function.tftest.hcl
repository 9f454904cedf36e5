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

run "one_instance_has_the_whole_limit" {
  assert {
    condition     = google_cloudfunctions2_function.importer.service_config[0].max_instance_count == 1
    error_message = "One instance, one governor: the limit holds without an agreement between instances."
  }

  assert {
    condition     = google_cloudfunctions2_function.importer.service_config[0].environment_variables.MAX_RECORDS_PER_SECOND == "27000" && google_cloudfunctions2_function.importer.service_config[0].environment_variables.MAX_MEGABYTES_PER_MINUTE == "1800"
    error_message = "A little below Mixpanel's own limits."
  }
}

run "every_request_that_is_let_in_has_a_thread" {
  assert {
    condition     = tonumber(google_cloudfunctions2_function.importer.service_config[0].environment_variables.THREADS) > google_cloudfunctions2_function.importer.service_config[0].max_instance_request_concurrency
    error_message = "THREADS must be above the concurrency."
  }
}

run "the_function_knows_its_own_end" {
  assert {
    condition     = tonumber(google_cloudfunctions2_function.importer.service_config[0].environment_variables.TIMEOUT_SECONDS) == google_cloudfunctions2_function.importer.service_config[0].timeout_seconds
    error_message = "TIMEOUT_SECONDS must be the function's timeout."
  }
}

run "nobody_outside_the_project_reaches_it" {
  assert {
    condition     = google_cloudfunctions2_function.importer.service_config[0].ingress_settings == "ALLOW_INTERNAL_ONLY"
    error_message = "Pub/Sub of the same project comes in from inside."
  }
}

run "shares_times_instances_stay_within_the_limit" {
  variables {
    max_instances        = 7
    records_per_second   = 100000
    megabytes_per_minute = 6000
  }

  assert {
    condition     = tonumber(google_cloudfunctions2_function.importer.service_config[0].environment_variables.MAX_RECORDS_PER_SECOND) * 7 <= 100000 && tonumber(google_cloudfunctions2_function.importer.service_config[0].environment_variables.MAX_RECORDS_PER_SECOND) * 7 > 100000 - 7
    error_message = "Seven shares are all of 100,000 records a second and no more."
  }

  assert {
    condition     = tonumber(google_cloudfunctions2_function.importer.service_config[0].environment_variables.MAX_MEGABYTES_PER_MINUTE) * 7 <= 6000 && tonumber(google_cloudfunctions2_function.importer.service_config[0].environment_variables.MAX_MEGABYTES_PER_MINUTE) * 7 > 6000 - 7
    error_message = "Seven shares are all of 6,000 megabytes a minute and no more."
  }
}

run "no_share_is_ever_off" {
  variables {
    max_instances        = 3
    records_per_second   = 3
    megabytes_per_minute = 3
  }

  assert {
    condition     = google_cloudfunctions2_function.importer.service_config[0].environment_variables.MAX_RECORDS_PER_SECOND == "1" && google_cloudfunctions2_function.importer.service_config[0].environment_variables.MAX_MEGABYTES_PER_MINUTE == "1"
    error_message = "0 would switch a limit off."
  }
}

run "a_token_comes_from_the_secret" {
  assert {
    condition     = [for secret in google_cloudfunctions2_function.importer.service_config[0].secret_environment_variables : secret.key] == ["MIXPANEL_TOKEN"]
    error_message = "The function reads the token from the secret."
  }

  assert {
    condition     = google_cloudfunctions2_function.importer.service_config[0].secret_environment_variables[0].version == google_secret_manager_secret_version.credential.version
    error_message = "The version is pinned, so that a new one redeploys."
  }

  assert {
    condition     = !contains(keys(google_cloudfunctions2_function.importer.service_config[0].environment_variables), "MIXPANEL_PROJECT_ID")
    error_message = "A token names its project itself."
  }
}

run "a_service_account_comes_from_the_secret_beside_its_project" {
  variables {
    mixpanel_project_id      = "1234567"
    mixpanel_token           = ""
    mixpanel_service_account = "some-user:some-secret"
  }

  assert {
    condition     = [for secret in google_cloudfunctions2_function.importer.service_config[0].secret_environment_variables : secret.key] == ["MIXPANEL_SERVICE_ACCOUNT"]
    error_message = "The function reads the service account from the secret."
  }

  assert {
    condition     = google_cloudfunctions2_function.importer.service_config[0].environment_variables.MIXPANEL_PROJECT_ID == "1234567"
    error_message = "A service account has to be told the project."
  }
}
