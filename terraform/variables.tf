variable "alert_email" {
  description = "Where alerts go. Null: none are made."
  type        = string
  default     = null

  validation {
    condition     = var.alert_email == null || can(regex("^[^@\\s]+@[^@\\s]+$", var.alert_email))
    error_message = "alert_email must be one e-mail address, or null for no alerts."
  }
}

variable "credential_version" {
  description = "Counts up with each new Mixpanel credential: only a new number makes Terraform store what mixpanel_token or mixpanel_service_account holds."
  type        = number
  default     = 1
  nullable    = false

  validation {
    condition     = var.credential_version >= 1 && floor(var.credential_version) == var.credential_version
    error_message = "credential_version must be a whole number from 1 on."
  }
}

variable "iam_wait_seconds" {
  description = "How long new grants get to spread before anything relies on them, in seconds. Google says up to two minutes are usual, seven and more possible."
  type        = number
  default     = 120
  nullable    = false

  validation {
    condition     = var.iam_wait_seconds >= 0 && var.iam_wait_seconds <= 900 && floor(var.iam_wait_seconds) == var.iam_wait_seconds
    error_message = "iam_wait_seconds must be a whole number of seconds from 0 to 900."
  }
}

variable "labels" {
  description = "Labels on everything that takes labels."
  type        = map(string)
  default     = {}
  nullable    = false

  validation {
    condition = alltrue([
      for key, value in var.labels :
      can(regex("^[a-z][a-z0-9_-]{0,62}$", key)) && can(regex("^[a-z0-9_-]{0,63}$", value))
    ])
    error_message = "labels must have keys and values of at most 63 lower-case letters, digits, _ and -, and each key must begin with a letter."
  }
}

variable "max_instances" {
  description = "How many instances of the function may run at once; each gets its share of both limits. One is fast enough for 30,000 records a second, and cheapest."
  type        = number
  default     = 1
  nullable    = false

  validation {
    condition     = var.max_instances >= 1 && var.max_instances <= 100 && floor(var.max_instances) == var.max_instances
    error_message = "max_instances must be a whole number from 1 to 100."
  }
}

variable "megabytes_per_minute" {
  description = "JSON megabytes (1,000,000 bytes) a minute that the import may send, over all instances. The default is a little below Mixpanel's limit of 2 GB."
  type        = number
  default     = 1800
  nullable    = false

  validation {
    condition     = var.megabytes_per_minute >= var.max_instances && floor(var.megabytes_per_minute) == var.megabytes_per_minute
    error_message = "megabytes_per_minute must be a whole number that leaves each of max_instances at least 1."
  }
}

variable "mixpanel_project_id" {
  description = "The Mixpanel project's number. Set: the credential is a service account's. Null: it is the project's token, which names its project."
  type        = string
  default     = null

  validation {
    condition     = var.mixpanel_project_id == null || can(regex("^[0-9]{1,20}$", var.mixpanel_project_id))
    error_message = "mixpanel_project_id must be digits alone, or null where a project token is used."
  }
}

variable "mixpanel_region" {
  description = "Where the Mixpanel project's data lives: us, eu or in."
  type        = string
  default     = "us"
  nullable    = false

  validation {
    condition     = contains(["us", "eu", "in"], var.mixpanel_region)
    error_message = "mixpanel_region must be us, eu or in."
  }
}

variable "mixpanel_service_account" {
  description = "A Mixpanel service account as user:secret, with mixpanel_project_id. Best given as TF_VAR_mixpanel_service_account; needed only for a first apply and with a new credential_version. Empty is as good as null."
  type        = string
  default     = null
  ephemeral   = true
  sensitive   = true

  validation {
    condition     = can(regex("^([!-9;-~]+:[!-~]+)?$", try(trimspace(var.mixpanel_service_account), "")))
    error_message = "mixpanel_service_account must be user:secret, without white space."
  }

  validation {
    condition     = try(trimspace(var.mixpanel_service_account), "") == "" || var.mixpanel_project_id != null
    error_message = "mixpanel_service_account needs mixpanel_project_id beside it."
  }
}

variable "mixpanel_token" {
  description = "The Mixpanel project's token. Best given as TF_VAR_mixpanel_token; needed only for a first apply and with a new credential_version. Empty is as good as null."
  type        = string
  default     = null
  ephemeral   = true
  sensitive   = true

  validation {
    condition     = can(regex("^[!-9;-~]*$", try(trimspace(var.mixpanel_token), "")))
    error_message = "mixpanel_token must be one word, without white space and colons."
  }

  validation {
    condition     = try(trimspace(var.mixpanel_token), "") == "" || var.mixpanel_project_id == null
    error_message = "mixpanel_token names its project itself: leave mixpanel_project_id out, or use mixpanel_service_account."
  }
}

variable "name" {
  description = "Prefix of all resources' names. Deployments with different names live in one project."
  type        = string
  default     = "mixpanel"
  nullable    = false

  validation {
    # A service account's name has 30 characters, "-importer" and "-operator" nine of them.
    condition     = can(regex("^[a-z][a-z0-9-]{0,18}[a-z0-9]$", var.name))
    error_message = "name must have 2 to 20 lower-case letters, digits and dashes, begin with a letter and not end in a dash."
  }
}

variable "operators" {
  description = "Who may upload, follow and retry, as IAM members such as user:ann@example.com or group:data@example.com."
  type        = set(string)
  default     = []
  nullable    = false

  validation {
    condition     = alltrue([for member in var.operators : can(regex("^(user|group|serviceAccount|domain|principal|principalSet):.+$", member))])
    error_message = "operators must be IAM members such as user:ann@example.com, group:data@example.com or serviceAccount:job@project.iam.gserviceaccount.com; never allUsers."
  }
}

variable "paused" {
  description = "Stops delivery. What is uploaded meanwhile waits, up to 31 days, and is delivered once this is false again."
  type        = bool
  default     = false
  nullable    = false
}

variable "project_id" {
  description = "The Google Cloud project to make everything in."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{4,28}[a-z0-9]$", var.project_id))
    error_message = "project_id must be the project's id (6 to 30 lower-case letters, digits and dashes), neither its name nor its number."
  }
}

variable "records_per_second" {
  description = "Records a second that the import may send, over all instances. The default is a little below Mixpanel's limit of 30,000."
  type        = number
  default     = 27000
  nullable    = false

  validation {
    condition     = var.records_per_second >= var.max_instances && floor(var.records_per_second) == var.records_per_second
    error_message = "records_per_second must be a whole number that leaves each of max_instances at least 1."
  }
}

variable "region" {
  description = "The Google Cloud region of everything, such as us-central1."
  type        = string
  default     = "us-central1"
  nullable    = false

  validation {
    condition     = can(regex("^[a-z]+-[a-z]+[0-9]{1,2}$", var.region))
    error_message = "region must be one region such as us-central1 or europe-west1, not a multi-region."
  }
}
