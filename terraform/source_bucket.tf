# A bucket of its own: who can write here decides what the function runs, so its own identity can't.
resource "google_storage_bucket" "source" {
  #checkov:skip=CKV_GCP_62:Access logs would cost more than the requests.
  #checkov:skip=CKV_GCP_78:Objects are named by their content.
  name                        = "${local.project_id}-${var.name}-source"
  project                     = local.project_id
  location                    = var.region
  force_destroy               = false
  public_access_prevention    = "enforced"
  uniform_bucket_level_access = true

  soft_delete_policy {
    retention_duration_seconds = 0 # the repository keeps every version
  }
}
