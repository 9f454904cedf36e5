mock_provider "google" {
  source = "./tests/mocks"
}

mock_provider "archive" {}

variables {
  project_id               = "some-project"
  mixpanel_token           = "some-token"
  mixpanel_service_account = ""
  iam_wait_seconds         = 0
}

run "alert_email_of_another_form_is_refused" {
  command = plan

  variables {
    alert_email = "nobody"
  }

  expect_failures = [var.alert_email]
}

run "credential_version_of_another_form_is_refused" {
  command = plan

  variables {
    credential_version = 0
  }

  expect_failures = [var.credential_version]
}

run "iam_wait_seconds_of_another_form_is_refused" {
  command = plan

  variables {
    iam_wait_seconds = -1
  }

  expect_failures = [var.iam_wait_seconds]
}

run "labels_of_another_form_is_refused" {
  command = plan

  variables {
    labels = { Team = "Data" }
  }

  expect_failures = [var.labels]
}

run "max_instances_of_another_form_is_refused" {
  command = plan

  variables {
    max_instances = 0
  }

  expect_failures = [var.max_instances]
}

run "megabytes_per_minute_of_another_form_is_refused" {
  command = plan

  variables {
    megabytes_per_minute = 0
  }

  expect_failures = [var.megabytes_per_minute]
}

run "mixpanel_project_id_of_another_form_is_refused" {
  command = plan

  variables {
    mixpanel_project_id      = "My Project"
    mixpanel_token           = ""
    mixpanel_service_account = "user:secret"
  }

  expect_failures = [var.mixpanel_project_id]
}

run "mixpanel_region_of_another_form_is_refused" {
  command = plan

  variables {
    mixpanel_region = "ap"
  }

  expect_failures = [var.mixpanel_region]
}

run "mixpanel_service_account_of_another_form_is_refused" {
  command = plan

  variables {
    mixpanel_service_account = "no-colon"
    mixpanel_project_id      = "1"
    mixpanel_token           = ""
  }

  expect_failures = [var.mixpanel_service_account]
}

run "mixpanel_service_account_without_its_project_is_refused" {
  command = plan

  variables {
    mixpanel_service_account = "user:secret"
    mixpanel_token           = ""
  }

  expect_failures = [var.mixpanel_service_account]
}

run "mixpanel_token_of_another_form_is_refused" {
  command = plan

  variables {
    mixpanel_token = "two words"
  }

  expect_failures = [var.mixpanel_token]
}

run "mixpanel_token_beside_a_project_is_refused" {
  command = plan

  variables {
    mixpanel_project_id = "1"
  }

  expect_failures = [var.mixpanel_token]
}

run "name_of_another_form_is_refused" {
  command = plan

  variables {
    name = "a-name-that-is-too-long-for-an-account"
  }

  expect_failures = [var.name]
}

run "operators_of_another_form_is_refused" {
  command = plan

  variables {
    operators = ["allUsers"]
  }

  expect_failures = [var.operators]
}

run "project_id_of_another_form_is_refused" {
  command = plan

  variables {
    project_id = "My Project"
  }

  expect_failures = [var.project_id]
}

run "records_per_second_of_less_than_one_an_instance_is_refused" {
  command = plan

  variables {
    records_per_second = 4
    max_instances      = 5
  }

  expect_failures = [var.records_per_second]
}

run "region_of_another_form_is_refused" {
  command = plan

  variables {
    region = "US"
  }

  expect_failures = [var.region]
}
