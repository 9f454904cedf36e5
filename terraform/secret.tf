locals {
  credential_kind = var.mixpanel_project_id == null ? "mixpanel_token" : "mixpanel_service_account"
  # Trimmed, and empty is not set: as the function reads its settings.
  credential = try(trimspace(var.mixpanel_project_id == null ? var.mixpanel_token : var.mixpanel_service_account), "")
}

# Made anew for a first apply, a new credential_version and a change from token to service account or back: the
# times when the credential itself has to be there. Nothing knows earlier than the apply whether this is one;
# everything else is made after it.
resource "terraform_data" "credential" {
  triggers_replace = [var.credential_version, local.credential_kind]

  provisioner "local-exec" {
    command = (
      local.credential != ""
      ? "exit 0"
      : "echo Set TF_VAR_${local.credential_kind} for this apply: it stores version ${var.credential_version} of the credential. >&2 && exit 1"
    )
  }
}

resource "google_secret_manager_secret" "credential" {
  project   = local.project_id
  secret_id = "${var.name}-credential"

  replication {
    user_managed {
      replicas {
        location = var.region
      }
    }
  }
}

# A new version before the old one is disabled; disabled and not destroyed, so that there is a way back.
# Where an apply without the credential tries to make one all the same (the one before stopped half-way), Secret
# Manager refuses the empty value.
resource "google_secret_manager_secret_version" "credential" {
  secret                 = google_secret_manager_secret.credential.id
  secret_data_wo         = local.credential == "" ? null : local.credential
  secret_data_wo_version = var.credential_version
  deletion_policy        = "DISABLE"

  lifecycle {
    create_before_destroy = true
    replace_triggered_by  = [terraform_data.credential]
  }
}
