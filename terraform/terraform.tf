terraform {
  required_version = ">= 1.11" # write-only arguments keep the credential out of the state

  required_providers {
    archive = {
      source  = "hashicorp/archive"
      version = ">= 2.7, < 3"
    }
    google = {
      source  = "hashicorp/google"
      version = ">= 7.40, < 8"
    }
  }
}
