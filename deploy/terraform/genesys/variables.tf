variable "name" {
  description = "Prefix of the names of everything made here."
  type        = string
  default     = "hookpatch"
}

variable "division_ids" {
  description = "Divisions whose conversations and queues hookpatch sees; \"*\" is all of them."
  type        = set(string)
  default     = ["*"]
}

variable "notifications" {
  description = "Whether hookpatch fetches events over the notification service (GENESYS_NOTIFICATIONS): adds the permission that repairs gaps."
  type        = bool
  default     = true
}

variable "allow_transfers" {
  description = "Whether rules transfer."
  type        = bool
  default     = true
}

variable "expose_client_secret" {
  description = "Whether the client's secret becomes an output. It is in the Terraform state then."
  type        = bool
  default     = false
}

variable "topics" {
  description = "Topics with the literal {id} that the rules need: npm run topics -- --terraform prints them."
  type        = list(string)
  default     = []
}

variable "eventbridge" {
  description = "Where the EventBridge integration sends to; null: there is none."
  type = object({
    aws_account_id = string
    aws_region     = string
    source_suffix  = string
  })
  default = null
}

variable "webhook" {
  description = "hookpatch as reached from the internet, https://... without a path, for data actions; null: there are none."
  type        = string
  default     = null

  validation {
    condition     = var.webhook == null || can(regex("^https://[^/]+$", var.webhook))
    error_message = "The address is https://host without a path."
  }
}

variable "webhook_api_key" {
  description = "One of hookpatch's WEBHOOK_API_KEYS, for the data actions."
  type        = string
  sensitive   = true
  default     = ""
}

variable "triggers" {
  description = "Whether each topic gets a workflow and a trigger that send its events to webhook: the way without AWS."
  type        = bool
  default     = false
}
