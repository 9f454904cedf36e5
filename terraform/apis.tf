resource "google_project_service" "enabled" {
  for_each = toset([
    "artifactregistry.googleapis.com",
    "cloudbuild.googleapis.com",
    "cloudfunctions.googleapis.com",
    "cloudresourcemanager.googleapis.com",
    "iam.googleapis.com",
    "logging.googleapis.com",
    "monitoring.googleapis.com",
    "pubsub.googleapis.com",
    "run.googleapis.com",
    "secretmanager.googleapis.com",
    "storage.googleapis.com",
  ])

  project            = var.project_id
  service            = each.key
  disable_on_destroy = false # others in the project may use them

  depends_on = [terraform_data.credential] # a missing credential ends the apply before anything is made
}

locals {
  # Whatever names the project by this is made after all its APIs are enabled.
  project_id = one(distinct(values(google_project_service.enabled)[*].project))
}
