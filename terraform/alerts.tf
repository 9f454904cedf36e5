# A page is only for what a person has to act on; none of these conditions is ever met in a healthy run.
#
# Metrics in PromQL: the first / becomes :, all else that is no letter or digit becomes _, and a distribution has
# a _sum. https://cloud.google.com/monitoring/promql/promql-mapping (2026-11)
# sum_over_time, since each point of a log-based metric is what has come since the point before
# (https://cloud.google.com/logging/docs/logs-based-metrics, 2026-11): so one line alone is counted, where
# increase() may want an earlier point to compare with. Windows of an hour, since a point may come ten minutes late
# (https://cloud.google.com/logging/docs/logs-based-metrics/troubleshooting, 2026-11); an alert closes by itself
# once the last line has left the window.

locals {
  promql_names = {
    for key, metric in merge(google_logging_metric.sums, google_logging_metric.counts) :
    key => "logging_googleapis_com:user_${replace(metric.name, "/[^a-zA-Z0-9]/", "_")}"
  }
  of_importer     = "monitored_resource=\"cloud_run_revision\""
  of_subscription = "monitored_resource=\"pubsub_subscription\",subscription_id=\"${google_pubsub_subscription.importer.name}\""
  oldest_age      = "max(pubsub_googleapis_com:subscription_oldest_unacked_message_age{${local.of_subscription}})"

  on_buckets  = "gs://${google_storage_bucket.chunks.name} --state gs://${google_storage_bucket.state.name}"
  upload      = "python -m partitioner upload DIR gs://${google_storage_bucket.chunks.name}"
  read_errors = "gcloud logging read '${local.importer_lines} AND severity>=ERROR' --project ${local.project_id} --freshness 1d"
  # Tracebacks are text without a severity.
  read_crashes = "gcloud logging read '${google_logging_metric.counts["crashes"].filter}' --project ${local.project_id} --freshness 1d"

  # By name: when it pages, how long that must last, and what to do.
  alerts = {
    "chunk given up" = {
      query = "sum(sum_over_time(${local.promql_names["chunks"]}{${local.of_importer},outcome=~\"chunk.quarantined|chunk.lost\"}[1h])) > 0"
      when  = "a chunk was quarantined or lost"
      text  = <<-EOT
        A chunk was quarantined, since its invocations died time and again, or it was deleted before all of it was
        imported (lost). Which one, and why:

            ${local.read_errors}

        Quarantined: once what killed them is mended (memory, most often), have it imported from its checkpoint on:

            python -m partitioner retry ${local.on_buckets} --quarantined

        Lost: upload it again:

            ${local.upload}
      EOT
    }
    "configuration refused" = {
      query = "sum(sum_over_time(${local.promql_names["refusals"]}{${local.of_importer},refusal=\"config.refused\"}[1h])) > 0"
      when  = "the function can't use a variable of its environment"
      text  = <<-EOT
        Nothing is imported and nothing is lost: the function refuses a variable of its environment. The line
        config.refused names it:

            ${local.read_errors}

        Take back what was changed by hand, or set the variable right, with:

            terraform apply
      EOT
    }
    "credentials or project refused" = {
      # One is logged a minute while it lasts; what has passed after a few minutes is nobody's business.
      query = "sum(sum_over_time(${local.promql_names["refusals"]}{${local.of_importer},refusal=~\"credentials.refused|project.refused\"}[1h])) > 4"
      when  = "Mixpanel refused the credential, or whatever the project was sent, five times within an hour"
      text  = <<-EOT
        Mixpanel takes nothing from us, and it has lasted for minutes. The line credentials.refused or
        project.refused says what Mixpanel answered:

            ${local.read_errors}

        Credentials: set TF_VAR_mixpanel_token (or TF_VAR_mixpanel_service_account) to the right one, and N to the
        next number, then:

            terraform apply -var credential_version=N

        Project: check in Mixpanel that it is the right one and takes data. What waits goes on by itself.
      EOT
    }
    "deliveries close to expiry" = {
      query = "${local.oldest_age} > ${21 * 24 * 3600}"
      when  = "the oldest delivery has waited for 21 days of the 31 that it is kept"
      text  = <<-EOT
        A delivery has waited for 21 days and will be dropped after 31. No chunk is lost by that: it stays in its
        bucket, but nothing imports it any more. If deliveries are paused, set paused to false:

            terraform apply

        If not, see why they wait, and have what was dropped delivered again:

            python -m partitioner follow ${local.on_buckets} --once
            python -m partitioner retry ${local.on_buckets} --missing
      EOT
    }
    "function crashed" = {
      query = "sum(sum_over_time(${local.promql_names["crashes"]}{${local.of_importer}}[1h])) > 0"
      when  = "an unforeseen error, a killed process, or memory that ran out"
      text  = <<-EOT
        The function met an error that it was not made for, or its process was killed. Its chunks go on by
        themselves from their checkpoints; one that kills it time and again is quarantined. What happened:

            ${local.read_crashes}

        Memory: raise available_memory in terraform/function.tf, then:

            terraform apply

        Anything else is a fault of the function: keep the traceback.
      EOT
    }
    "import stands still" = {
      # Half an hour, so that what starts again after a pause has time. With the window that is within the 25 hours
      # that a condition may look back over a log-based metric.
      # https://docs.cloud.google.com/monitoring/alerts/using-promql (2026-11)
      query    = "${local.oldest_age} > ${24 * 3600} unless sum(sum_over_time(${local.promql_names["records_accepted"]}_sum{${local.of_importer}}[24h])) > 0"
      duration = "1800s"
      when     = "a delivery has waited for a day in which no record was accepted"
      text     = <<-EOT
        Deliveries wait, and no record was accepted for a day. What the function says:

            ${local.read_errors}

        How far each chunk is, and having those delivered again that nobody is at work on:

            python -m partitioner follow ${local.on_buckets} --once
            python -m partitioner retry ${local.on_buckets} --missing
      EOT
    }
    "object refused" = {
      query = "sum(sum_over_time(${local.promql_names["chunks"]}{${local.of_importer},outcome=~\"chunk.refused|chunk.skipped\"}[1h])) > 0"
      when  = "an object can't be imported, or not to its end"
      text  = <<-EOT
        An object is not something that can be imported, or not from a certain byte on; what was read before that
        byte is imported. The line chunk.refused (or chunk.skipped) names the object and what to do:

            ${local.read_errors}

        Most often, chunks have to be made of the export first:

            python -m partitioner split EXPORT --output DIR && ${local.upload}
      EOT
    }
  }
}

resource "google_monitoring_alert_policy" "alerts" {
  for_each = {
    for name, alert in local.alerts : name => alert
    if var.alert_email != null && !(var.paused && name == "import stands still") # paused, it is meant to
  }

  project               = local.project_id
  display_name          = "${var.name}: ${each.key}"
  combiner              = "OR"
  notification_channels = google_monitoring_notification_channel.email[*].id
  severity              = "ERROR"
  user_labels           = var.labels

  alert_strategy {
    auto_close = "1800s" # the least; else one whose data ends stays open for a week
  }

  conditions {
    display_name = each.value.when

    condition_prometheus_query_language {
      query                     = each.value.query
      duration                  = lookup(each.value, "duration", "0s")
      evaluation_interval       = "60s"
      disable_metric_validation = true # a metric without data yet would be refused
    }
  }

  documentation {
    subject = "${var.name}: ${each.value.when}"
    content = each.value.text
  }
}
