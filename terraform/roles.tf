# Google's own roles that can set a custom time can write content too.
resource "google_project_iam_custom_role" "chunk_reader" {
  project = local.project_id
  role_id = "${replace(var.name, "-", "_")}_chunk_reader"
  title   = "${var.name}: chunks, read and marked as finished"
  permissions = [
    "storage.objects.get",
    "storage.objects.list", # without it a chunk that is gone would be a 403 and not a 404
    "storage.objects.update",
  ]
}

# Google's own roles that can list and create can change grants or metadata too.
resource "google_project_iam_custom_role" "chunk_writer" {
  project = local.project_id
  role_id = "${replace(var.name, "-", "_")}_chunk_writer"
  title   = "${var.name}: chunks, uploaded and delivered again"
  permissions = [
    "storage.objects.create",
    "storage.objects.delete", # retry copies a chunk onto itself
    "storage.objects.get",
    "storage.objects.list",
  ]
}
