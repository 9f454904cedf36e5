resource "google_service_account" "importer" {
  project      = local.project_id
  account_id   = "${var.name}-importer"
  display_name = "Runs the function ${var.name}-importer"
}

resource "google_service_account" "builder" {
  project      = local.project_id
  account_id   = "${var.name}-builder"
  display_name = "Builds the function ${var.name}-importer"
}

resource "google_service_account" "pusher" {
  project      = local.project_id
  account_id   = "${var.name}-pusher"
  display_name = "Calls the function ${var.name}-importer for the subscription of the same name"
}
