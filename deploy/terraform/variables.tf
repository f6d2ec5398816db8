variable "name" {
  description = "Prefix of the names of everything made here."
  type        = string
  default     = "hookpatch"
}

variable "event_source_prefix" {
  description = "Name of the partner event source, or a prefix that only it has: aws.partner/genesys.com/cloud/<organization id>/<suffix>."
  type        = string
}

variable "endpoint" {
  description = "Where hookpatch is reached from the internet: https://.../webhooks/genesys"
  type        = string

  validation {
    condition     = startswith(var.endpoint, "https://")
    error_message = "EventBridge calls HTTPS endpoints only."
  }
}

variable "api_key" {
  description = "One of hookpatch's WEBHOOK_API_KEYS. Kept by AWS Secrets Manager, and in the Terraform state: protect that."
  type        = string
  sensitive   = true
}

variable "topics" {
  description = "Topics with the literal {id}, as EventBridge's detail-type has them: those that your rules name."
  type        = list(string)
  default = [
    "v2.detail.events.conversation.{id}.customer.start",
    "v2.detail.events.conversation.{id}.user.start",
    "v2.detail.events.conversation.{id}.user.end",
  ]
}

variable "rate_per_second" {
  description = "Upper limit of deliveries a second; more wait at EventBridge."
  type        = number
  default     = 300
}

variable "keep_undelivered" {
  description = "Whether events that hookpatch did not take within 24 h are kept in an SQS queue; false needs no SQS."
  type        = bool
  default     = true
}
