# Ledger and dead letters: no lifecycle rule, so nothing in it ever expires by itself.
resource "google_storage_bucket" "state" {
  #checkov:skip=CKV_GCP_62:Access logs would cost more than the requests; its objects are the log.
  #checkov:skip=CKV_GCP_78:Each checkpoint would leave a version behind; every write is conditional on the one before it.
  name                        = "${local.project_id}-${var.name}-state"
  project                     = local.project_id
  location                    = var.region
  force_destroy               = false # the account of what was imported is not taken away by accident
  public_access_prevention    = "enforced"
  uniform_bucket_level_access = true

  # What someone deletes by hand can be restored for a week; an entry is a few kilobytes.
  soft_delete_policy {
    retention_duration_seconds = 604800
  }
}
