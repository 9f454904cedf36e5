resource "google_storage_bucket" "chunks" {
  #checkov:skip=CKV_GCP_62:Access logs would cost more than the requests; the ledger says what became of each chunk.
  #checkov:skip=CKV_GCP_78:A chunk is written once, and a copy of an export that its owner keeps.
  name                        = "${local.project_id}-${var.name}-chunks"
  project                     = local.project_id
  location                    = var.region
  force_destroy               = false # unimported chunks are not taken away by accident
  public_access_prevention    = "enforced"
  uniform_bucket_level_access = true

  # Google's default keeps, and bills, every deleted chunk for seven more days; the export is still there.
  soft_delete_policy {
    retention_duration_seconds = 0
  }

  # Custom time is set on finished chunks alone, so an unfinished one never expires, however old.
  lifecycle_rule {
    action {
      type = "Delete"
    }
    condition {
      days_since_custom_time = 7
    }
  }

  # Parts of an upload that was given up are billed and shown nowhere.
  lifecycle_rule {
    action {
      type = "AbortIncompleteMultipartUpload"
    }
    condition {
      age = 7
    }
  }
}
