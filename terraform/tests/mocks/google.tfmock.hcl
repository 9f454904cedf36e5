# Computed values of the form that Google gives them: members and names are checked even where nothing is real.

mock_resource "google_artifact_registry_repository" {
  defaults = {
    id   = "projects/some-project/locations/us-central1/repositories/mixpanel-images"
    name = "mixpanel-images"
  }
}

mock_resource "google_cloudfunctions2_function" {
  defaults = {
    id = "projects/some-project/locations/us-central1/functions/mixpanel-importer"
    service_config = {
      uri = "https://mixpanel-importer-abcdefghij-uc.a.run.app"
    }
  }
}

mock_resource "google_project_iam_custom_role" {
  defaults = {
    id = "projects/some-project/roles/some_role"
  }
}

mock_resource "google_project_service" {
  defaults = {
    id = "some-project/some.googleapis.com"
  }
}

mock_resource "google_pubsub_topic" {
  defaults = {
    id = "projects/some-project/topics/mixpanel-chunks"
  }
}

mock_resource "google_secret_manager_secret" {
  defaults = {
    id   = "projects/some-project/secrets/mixpanel-credential"
    name = "projects/123456789012/secrets/mixpanel-credential"
  }
}

mock_resource "google_secret_manager_secret_version" {
  defaults = {
    id      = "projects/123456789012/secrets/mixpanel-credential/versions/1"
    version = "1"
  }
}

mock_resource "google_service_account" {
  defaults = {
    id     = "projects/some-project/serviceAccounts/some-account@some-project.iam.gserviceaccount.com"
    email  = "some-account@some-project.iam.gserviceaccount.com"
    member = "serviceAccount:some-account@some-project.iam.gserviceaccount.com"
  }
}

mock_resource "google_storage_bucket" {
  defaults = {
    project_number = 123456789012
  }
}

mock_data "google_storage_project_service_account" {
  defaults = {
    member = "serviceAccount:service-123456789012@gs-project-accounts.iam.gserviceaccount.com"
  }
}
