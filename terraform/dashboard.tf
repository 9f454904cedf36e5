# Three charts a row, in the order of the list. What Google's answer leaves out (a zero, an empty list) is left
# out here too, or every plan would show a change.

locals {
  every_five_minutes = {
    for key, name in local.promql_names : key => {
      count = "sum_over_time(${name}{${local.of_importer}}[5m])"
      sum   = "sum_over_time(${name}_sum{${local.of_importer}}[5m])"
    }
  }
  importer_service = "resource.type=\"cloud_run_revision\" resource.labels.service_name=\"${var.name}-importer\""
  subscription     = "resource.type=\"pubsub_subscription\" resource.labels.subscription_id=\"${google_pubsub_subscription.importer.name}\""

  charts = [
    {
      title    = "Records accepted a second, and the limit"
      promql   = "sum(${local.every_five_minutes["records_accepted"].sum}) / 300"
      limit    = var.records_per_second
      plotType = "LINE"
    },
    {
      title    = "Records rejected in 5 minutes, by reason"
      promql   = "sum by (reason) (${local.every_five_minutes["records_rejected"].sum})"
      plotType = "STACKED_BAR"
    },
    {
      # Batches accepted are records / 2,000 where batches are full; smaller ones make the true share smaller.
      title = "429s: share of all requests, at most"
      promql = join(" / ", [
        "(sum(${local.every_five_minutes["requests_rate_limited"].sum}) or vector(0))",
        "((sum(${local.every_five_minutes["requests_rate_limited"].sum}) or vector(0)) + sum(${local.every_five_minutes["records_accepted"].sum}) / 2000)",
      ])
      plotType = "LINE"
    },
    {
      title     = "Oldest unacknowledged delivery, in seconds (kept for 31 days)"
      filter    = "metric.type=\"pubsub.googleapis.com/subscription/oldest_unacked_message_age\" ${local.subscription}"
      alignment = { perSeriesAligner = "ALIGN_MAX", crossSeriesReducer = "REDUCE_MAX" }
      limit     = local.delivery.retention_seconds
      plotType  = "LINE"
    },
    {
      title     = "Deliveries that wait"
      filter    = "metric.type=\"pubsub.googleapis.com/subscription/num_undelivered_messages\" ${local.subscription}"
      alignment = { perSeriesAligner = "ALIGN_MAX", crossSeriesReducer = "REDUCE_SUM" }
      plotType  = "LINE"
    },
    {
      title    = "Chunks in 5 minutes, by outcome"
      promql   = "sum by (outcome) (${local.every_five_minutes["chunks"].count})"
      plotType = "STACKED_BAR"
    },
    {
      title     = "Memory: the fullest instance, of 1"
      filter    = "metric.type=\"run.googleapis.com/container/memory/utilizations\" ${local.importer_service}"
      alignment = { perSeriesAligner = "ALIGN_PERCENTILE_99", crossSeriesReducer = "REDUCE_MAX" }
      limit     = 1
      plotType  = "LINE"
    },
    {
      title     = "Instances, by state"
      filter    = "metric.type=\"run.googleapis.com/container/instance_count\" ${local.importer_service}"
      alignment = { perSeriesAligner = "ALIGN_MAX", crossSeriesReducer = "REDUCE_SUM", groupByFields = ["metric.label.\"state\""] }
      limit     = var.max_instances
      plotType  = "STACKED_AREA"
    },
    {
      title    = "Refusals in 5 minutes, by reason"
      promql   = "sum by (refusal) (${local.every_five_minutes["refusals"].count})"
      plotType = "STACKED_BAR"
    },
    {
      title    = "Cost: bytes a second to Mixpanel (egress)"
      promql   = "sum(${local.every_five_minutes["bytes_posted"].sum}) / 300"
      plotType = "LINE"
    },
    {
      title     = "Cost: billed instance seconds a second"
      filter    = "metric.type=\"run.googleapis.com/container/billable_instance_time\" ${local.importer_service}"
      alignment = { perSeriesAligner = "ALIGN_RATE", crossSeriesReducer = "REDUCE_SUM" }
      plotType  = "LINE"
    },
    {
      title     = "Cost: bytes a second into the logs"
      filter    = "metric.type=\"logging.googleapis.com/byte_count\" ${local.importer_service}"
      alignment = { perSeriesAligner = "ALIGN_RATE", crossSeriesReducer = "REDUCE_SUM" }
      plotType  = "LINE"
    },
  ]

  tiles = [
    for index, chart in local.charts : {
      for key, value in {
        xPos   = 16 * (index % 3)
        yPos   = 12 * floor(index / 3)
        width  = 16
        height = 12
        widget = {
          title = chart.title
          xyChart = {
            for key, value in {
              dataSets = [{
                plotType = chart.plotType
                timeSeriesQuery = {
                  for key, value in {
                    prometheusQuery = lookup(chart, "promql", null)
                    timeSeriesFilter = !can(chart.filter) ? null : {
                      filter      = chart.filter
                      aggregation = merge({ alignmentPeriod = "60s" }, chart.alignment)
                    }
                  } : key => value if value != null
                }
              }]
              thresholds = can(chart.limit) ? [{ label = "limit", value = chart.limit }] : null
            } : key => value if value != null
          }
        }
      } : key => value if value != 0
    }
  ]
}

resource "google_monitoring_dashboard" "importer" {
  project = local.project_id

  dashboard_json = jsonencode({
    displayName  = "${var.name} importer"
    mosaicLayout = { columns = 48, tiles = local.tiles }
  })
}
