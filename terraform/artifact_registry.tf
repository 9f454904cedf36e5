# A repository of its own: the shared default, gcf-artifacts, would need a grant over everybody's images.
resource "google_artifact_registry_repository" "images" {
  #checkov:skip=CKV_GCP_84:Images hold this repository's source; the README says what to add for keys of your own.
  project       = local.project_id
  location      = var.region
  repository_id = "${var.name}-images"
  description   = "Images of the function ${var.name}-importer"
  format        = "DOCKER"

  # Google keeps every image for ever; the newest three are more than a way back needs.
  cleanup_policies {
    id     = "keep-newest"
    action = "KEEP"

    most_recent_versions {
      keep_count = 3
    }
  }

  cleanup_policies {
    id     = "delete-old"
    action = "DELETE"

    condition {
      tag_state  = "ANY"
      older_than = "2592000s" # 30 days
    }
  }
}
