# By allow-list: neither caches nor tests nor an editor's files get in, so none of them redeploys anything.
locals {
  function_dir = "${path.module}/../function"

  source_files = merge(
    { for file in fileset(local.function_dir, "*.py") : file => file("${local.function_dir}/${file}") },
    { "requirements.txt" = file("${path.module}/../requirements.txt") },
  )

  # Of the content and not of the zip, whose bytes may differ from machine to machine.
  source_hash = sha256(jsonencode(local.source_files))
}

data "archive_file" "source" {
  type        = "zip"
  output_path = "${path.module}/.terraform/source-${local.source_hash}.zip"

  dynamic "source" {
    for_each = local.source_files

    content {
      filename = source.key
      content  = source.value
    }
  }
}

resource "google_storage_bucket_object" "source" {
  bucket = google_storage_bucket.source.name
  name   = "function-${local.source_hash}.zip"
  source = data.archive_file.source.output_path

  lifecycle {
    create_before_destroy = true                     # the function leaves the old one first
    ignore_changes        = [detect_md5hash, source] # the name says whether the content has changed
  }
}
