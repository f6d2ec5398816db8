# Genesys Cloud -> Amazon EventBridge -> hookpatch. Formatted by Terraform 1.11; a test checks every argument against the provider's
# documentation. It was never applied: that needs an AWS account with a partner event source.
#
# Certain: the resource types and what they do. To be checked in your account: the name of the partner event source (Genesys
# Cloud makes it when the EventBridge integration is set up there; it then waits as "pending" in this account and region).
# EventBridge signs nothing: it authenticates with the API key (WEBHOOK_API_KEYS), gives up on an answer after 5 s, and
# retries 429 and 5xx for up to 24 h; after that the event goes to the queue below.

terraform {
  required_version = ">= 1.6"
  required_providers {
    aws = { source = "hashicorp/aws", version = ">= 5.40" }
  }
}

data "aws_cloudwatch_event_source" "genesys" {
  name_prefix = var.event_source_prefix
}

resource "aws_cloudwatch_event_bus" "genesys" {
  # A partner's bus has the name of its source; creating it associates the two.
  name              = data.aws_cloudwatch_event_source.genesys.name
  event_source_name = data.aws_cloudwatch_event_source.genesys.name
}

resource "aws_cloudwatch_event_rule" "conversations" {
  name           = "${var.name}-conversations"
  description    = "Conversation events that hookpatch has rules for"
  event_bus_name = aws_cloudwatch_event_bus.genesys.name
  event_pattern = jsonencode({
    source        = [data.aws_cloudwatch_event_source.genesys.name]
    "detail-type" = var.topics
  })
}

resource "aws_cloudwatch_event_connection" "hookpatch" {
  name               = var.name
  authorization_type = "API_KEY"
  auth_parameters {
    api_key {
      key   = "X-Api-Key"
      value = var.api_key
    }
  }
}

resource "aws_cloudwatch_event_api_destination" "hookpatch" {
  name                             = var.name
  connection_arn                   = aws_cloudwatch_event_connection.hookpatch.arn
  invocation_endpoint              = var.endpoint
  http_method                      = "POST"
  invocation_rate_limit_per_second = var.rate_per_second
}

resource "aws_cloudwatch_event_target" "hookpatch" {
  rule           = aws_cloudwatch_event_rule.conversations.name
  event_bus_name = aws_cloudwatch_event_bus.genesys.name
  arn            = aws_cloudwatch_event_api_destination.hookpatch.arn
  role_arn       = aws_iam_role.invoke.arn

  retry_policy {
    maximum_event_age_in_seconds = 86400
    maximum_retry_attempts       = 185
  }
  # Without a queue, EventBridge drops what was not taken within 24 h, and counts it (FailedInvocations).
  dynamic "dead_letter_config" {
    for_each = aws_sqs_queue.undelivered
    content {
      arn = dead_letter_config.value.arn
    }
  }
}

# Events that hookpatch did not take within 24 h.
resource "aws_sqs_queue" "undelivered" {
  count                     = var.keep_undelivered ? 1 : 0
  name                      = "${var.name}-undelivered"
  message_retention_seconds = 1209600
  sqs_managed_sse_enabled   = true
}

resource "aws_sqs_queue_policy" "undelivered" {
  count     = var.keep_undelivered ? 1 : 0
  queue_url = aws_sqs_queue.undelivered[0].id
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Principal = { Service = "events.amazonaws.com" }
      Action    = "sqs:SendMessage"
      Resource  = aws_sqs_queue.undelivered[0].arn
      Condition = { ArnEquals = { "aws:SourceArn" = aws_cloudwatch_event_rule.conversations.arn } }
    }]
  })
}

resource "aws_iam_role" "invoke" {
  name = "${var.name}-invoke"
  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Principal = { Service = "events.amazonaws.com" }
      Action    = "sts:AssumeRole"
    }]
  })
}

resource "aws_iam_role_policy" "invoke" {
  name = "invoke-api-destination"
  role = aws_iam_role.invoke.id
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect   = "Allow"
      Action   = "events:InvokeApiDestination"
      Resource = aws_cloudwatch_event_api_destination.hookpatch.arn
    }]
  })
}
