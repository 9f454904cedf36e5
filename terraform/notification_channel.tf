resource "google_monitoring_notification_channel" "email" {
  count = var.alert_email == null ? 0 : 1

  project      = local.project_id
  display_name = "${var.name}: ${var.alert_email}"
  type         = "email"
  user_labels  = var.labels

  labels = {
    email_address = var.alert_email
  }
}
