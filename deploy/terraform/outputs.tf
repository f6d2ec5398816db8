output "undelivered_queue_url" {
  description = "Where to look when events are missing: what hookpatch did not take within 24 h."
  value       = one(aws_sqs_queue.undelivered[*].url)
}
