# The Genesys Cloud half: what hookpatch needs there. Formatted by Terraform 1.11; a test checks every argument against the provider's
# documentation. It was never applied: that needs an organisation.
#
#   always              a role with exactly the permissions that are needed, and the OAuth client (for GENESYS_NOTIFICATIONS nothing else is needed)
#   eventbridge != null the EventBridge integration with the topics of the rules; ../ is the half in AWS
#   webhook != null     data actions that send to hookpatch: events (for a workflow), and /trace-context (for flows)
#   triggers            for each topic a workflow that sends the event, and a trigger that starts it: the way without AWS

terraform {
  required_version = ">= 1.6"
  required_providers {
    genesyscloud = { source = "mypurecloud/genesyscloud", version = ">= 1.50" }
  }
}

locals {
  all_permissions = [
    { domain = "conversation", entity = "communication", actions = ["view"], wanted = true },
    { domain = "conversation", entity = "communication", actions = ["blindTransfer"], wanted = var.allow_transfers },
    { domain = "conversation", entity = "participant", actions = ["wrapup"], wanted = true },
    { domain = "routing", entity = "queue", actions = ["view"], wanted = true },
    { domain = "routing", entity = "wrapupCode", actions = ["view"], wanted = true },
    { domain = "analytics", entity = "conversationDetail", actions = ["view"], wanted = var.notifications },
  ]
  permissions      = [for each in local.all_permissions : each if each.wanted]
  triggered_topics = var.triggers && var.webhook != null ? toset(var.topics) : toset([])
}

resource "genesyscloud_auth_role" "hookpatch" {
  name        = var.name
  description = "What hookpatch may do: read conversations and queues, set wrap-up codes, transfer. Setting attributes needs no permission."

  dynamic "permission_policies" {
    for_each = local.permissions
    content {
      domain      = permission_policies.value.domain
      entity_name = permission_policies.value.entity
      action_set  = permission_policies.value.actions
    }
  }
}

resource "genesyscloud_oauth_client" "hookpatch" {
  name                          = var.name
  description                   = "hookpatch"
  authorized_grant_type         = "CLIENT-CREDENTIALS"
  access_token_validity_seconds = 86400
  state                         = "active"
  # Into the state, which has to be protected then. Without it: copy the secret from Admin > Integrations > OAuth.
  expose_client_secret = var.expose_client_secret

  dynamic "roles" {
    for_each = var.division_ids
    content {
      role_id     = genesyscloud_auth_role.hookpatch.id
      division_id = roles.value
    }
  }
}

resource "genesyscloud_integration" "eventbridge" {
  count            = var.eventbridge == null ? 0 : 1
  integration_type = "amazon-eventbridge-source"
  intended_state   = "ENABLED"

  config {
    name  = "${var.name} EventBridge"
    notes = "Events of conversations for hookpatch"
    properties = jsonencode({
      awsAccountId      = var.eventbridge.aws_account_id
      awsAccountRegion  = var.eventbridge.aws_region
      eventSourceSuffix = var.eventbridge.source_suffix
      eventFilter       = var.topics
    })
    advanced = jsonencode({})
  }
}

resource "genesyscloud_integration_credential" "api_key" {
  count                = var.webhook == null ? 0 : 1
  name                 = "${var.name} API key"
  credential_type_name = "userDefined"
  fields = {
    apiKey = var.webhook_api_key
  }
}

resource "genesyscloud_integration" "data_actions" {
  count            = var.webhook == null ? 0 : 1
  integration_type = "custom-rest-actions"
  intended_state   = "ENABLED"

  config {
    name       = "${var.name} data actions"
    notes      = "Calls hookpatch"
    properties = jsonencode({})
    advanced   = jsonencode({})
    credentials = {
      basicAuth = genesyscloud_integration_credential.api_key[0].id
    }
  }
}

# For Architect: the trace of the conversation, to be put on what the flow writes.
resource "genesyscloud_integration_action" "trace_context" {
  count                  = var.webhook == null ? 0 : 1
  name                   = "${var.name} trace context"
  category               = "${var.name} data actions"
  integration_id         = genesyscloud_integration.data_actions[0].id
  config_timeout_seconds = 5
  secure                 = false

  contract_input = jsonencode({
    type       = "object"
    required   = ["conversationId"]
    properties = { conversationId = { type = "string" } }
  })
  contract_output = jsonencode({
    type = "object"
    properties = {
      traceId        = { type = "string" }
      spanId         = { type = "string" }
      traceparent    = { type = "string" }
      datadogTraceId = { type = "string" }
    }
  })

  config_request {
    request_type         = "POST"
    request_url_template = "${var.webhook}/trace-context"
    request_template     = "{ \"conversationId\": \"$${input.conversationId}\" }"
    headers = {
      "Content-Type" = "application/json"
      "X-Api-Key"    = "$${credentials.apiKey}"
    }
  }

  config_response {
    success_template = "$${rawResult}"
  }
}

# For a workflow that a trigger starts: the event, flat.
resource "genesyscloud_integration_action" "send_event" {
  count                  = var.webhook == null ? 0 : 1
  name                   = "${var.name} send event"
  category               = "${var.name} data actions"
  integration_id         = genesyscloud_integration.data_actions[0].id
  config_timeout_seconds = 5
  secure                 = false

  contract_input = jsonencode({
    type     = "object"
    required = ["topic", "conversationId"]
    properties = {
      topic          = { type = "string" }
      conversationId = { type = "string" }
      participantId  = { type = "string" }
      userId         = { type = "string" }
      queueId        = { type = "string" }
      mediaType      = { type = "string" }
      sessionId      = { type = "string" }
      direction      = { type = "string" }
      ani            = { type = "string" }
      dnis           = { type = "string" }
      disconnectType = { type = "string" }
      wrapupCode     = { type = "string" }
      startedAt      = { type = "string" }
    }
  })
  contract_output = jsonencode({
    type       = "object"
    properties = { accepted = { type = "integer" } }
  })

  config_request {
    request_type         = "POST"
    request_url_template = "${var.webhook}/webhooks/genesys"
    request_template     = "$${input.rawRequest}"
    headers = {
      "Content-Type" = "application/json"
      "X-Api-Key"    = "$${credentials.apiKey}"
    }
  }

  config_response {
    translation_map          = { accepted = "$.accepted" }
    translation_map_defaults = { accepted = "0" }
    success_template         = "{ \"accepted\": $${accepted} }"
  }
}

# One workflow for each topic, because a trigger tells its workflow the fields of the event and not its topic.
resource "genesyscloud_flow" "send_event" {
  for_each          = local.triggered_topics
  filepath          = "${path.module}/send-event.yaml"
  file_content_hash = filesha256("${path.module}/send-event.yaml")
  substitutions = {
    flow_name = "${var.name} ${each.value}"
    topic     = each.value
    category  = "${var.name} data actions"
    action    = "${var.name} send event"
  }
  depends_on = [genesyscloud_integration_action.send_event]
}

resource "genesyscloud_processautomation_trigger" "event" {
  for_each          = local.triggered_topics
  name              = "${var.name} ${each.value}"
  topic_name        = each.value
  enabled           = true
  event_ttl_seconds = 60

  target {
    id   = genesyscloud_flow.send_event[each.value].id
    type = "Workflow"

    workflow_target_settings {
      data_format = "TopLevelPrimitives"
    }
  }
}
