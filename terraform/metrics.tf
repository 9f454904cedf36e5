# What the function logs, as metrics. A counter counts lines, so the sum of a number that lines carry needs a
# distribution, whose sum is mean times count; its buckets are of no interest here, and one bound is the fewest.
# https://cloud.google.com/logging/docs/logs-based-metrics/distribution-metrics (2026-11)
# Labels take few values: line names and reasons, never a chunk's name.

locals {
  # Not the function itself, so that nothing that it logs comes before the metrics: they count from then on.
  importer_lines = "resource.type=\"cloud_run_revision\" AND resource.labels.service_name=\"${var.name}-importer\""

  # By name; a line that adds nothing makes no point.
  sums = {
    bytes_posted = {
      description = "Bytes posted to Mixpanel, compressed, each retry again"
      filter      = "jsonPayload.bytes_delta>=1"
      labels      = {}
      unit        = "By"
      value       = "EXTRACT(jsonPayload.bytes_delta)"
    }
    records_accepted = {
      description = "Records that Mixpanel accepted"
      filter      = "jsonPayload.accepted_delta>=1"
      labels      = {}
      unit        = "{record}"
      value       = "EXTRACT(jsonPayload.accepted_delta)"
    }
    records_rejected = {
      description = "Records that became dead letters, by who refused them"
      filter      = "jsonPayload.message=\"batch.rejected\""
      labels      = { reason = "EXTRACT(jsonPayload.reason)" }
      unit        = "{record}"
      value       = "EXTRACT(jsonPayload.count)"
    }
    requests_rate_limited = {
      description = "Requests that Mixpanel answered with 429"
      filter      = "jsonPayload.rate_limited_delta>=1"
      labels      = {}
      unit        = "{request}"
      value       = "EXTRACT(jsonPayload.rate_limited_delta)"
    }
  }

  counts = {
    # functions-framework prints the traceback of what was not foreseen, gunicorn that its worker was killed or
    # ended, Cloud Run that the instance's memory ran out. A planned nack prints none of these.
    # https://docs.cloud.google.com/run/docs/troubleshooting (2026-11)
    crashes = {
      description = "Lines that say that the function crashed"
      filter = join(" OR ", [
        "textPayload:\"Traceback (most recent call last)\"",
        "textPayload:\"Worker (pid:\"",
        "textPayload:\"Memory limit of\"",
      ])
      labels = {}
      unit   = "{line}"
    }
    # A skipped chunk is an error where it can never be imported: a name that is too long, say.
    chunks = {
      description = "Invocations that ended, by what became of the chunk"
      filter = join(" OR ", [
        "jsonPayload.message=\"chunk.done\"",
        "jsonPayload.message=\"chunk.deferred\"",
        "jsonPayload.message=\"chunk.lost\"",
        "jsonPayload.message=\"chunk.quarantined\"",
        "jsonPayload.message=\"chunk.refused\"",
        "(jsonPayload.message=\"chunk.skipped\" AND severity>=ERROR)",
      ])
      labels = { outcome = "EXTRACT(jsonPayload.message)" }
      unit   = "{invocation}"
    }
    refusals = {
      description = "Lines that say that the function can't work at all, by why"
      filter = join(" OR ", [
        "jsonPayload.message=\"config.refused\"",
        "jsonPayload.message=\"credentials.refused\"",
        "jsonPayload.message=\"project.refused\"",
      ])
      labels = { refusal = "EXTRACT(jsonPayload.message)" }
      unit   = "{line}"
    }
  }
}

resource "google_logging_metric" "sums" {
  for_each = local.sums

  name             = "${var.name}/${each.key}"
  project          = local.project_id
  description      = each.value.description
  filter           = "${local.importer_lines} AND ${each.value.filter}"
  label_extractors = each.value.labels
  value_extractor  = each.value.value

  bucket_options {
    explicit_buckets {
      bounds = [1]
    }
  }

  metric_descriptor {
    metric_kind = "DELTA"
    value_type  = "DISTRIBUTION"
    unit        = each.value.unit

    dynamic "labels" {
      for_each = each.value.labels

      content {
        key = labels.key
      }
    }
  }
}

resource "google_logging_metric" "counts" {
  for_each = local.counts

  name             = "${var.name}/${each.key}"
  project          = local.project_id
  description      = each.value.description
  filter           = "${local.importer_lines} AND (${each.value.filter})"
  label_extractors = each.value.labels

  metric_descriptor {
    metric_kind = "DELTA"
    value_type  = "INT64"
    unit        = each.value.unit

    dynamic "labels" {
      for_each = each.value.labels

      content {
        key = labels.key
      }
    }
  }
}
