import { createHmac } from 'node:crypto';
import { eventBridgeEvent } from '../workload/event.ts';
import { type PlannedEvent, planEvents, type Workload } from '../workload/plan.ts';

/** A signed HTTP request as bytes, made before the clock runs; the same bytes go to every target. */
export interface PreparedRequest {
  readonly event: PlannedEvent;
  readonly bytes: Buffer;
}

export function prepareRequests(workload: Workload, secret: string): PreparedRequest[] {
  const now = new Date();
  return planEvents(workload).map((event) => ({ event, bytes: requestBytes(event, now, secret) }));
}

function requestBytes(event: PlannedEvent, now: Date, secret: string): Buffer {
  const body = Buffer.from(JSON.stringify(eventBridgeEvent(event, now)));
  const head = [
    'POST /webhooks/genesys HTTP/1.1',
    'Host: localhost',
    'Content-Type: application/json',
    `X-Genesys-Signature: sha256=${createHmac('sha256', secret).update(body).digest('hex')}`,
    `Content-Length: ${body.length}`,
  ].join('\r\n');
  return Buffer.concat([Buffer.from(`${head}\r\n\r\n`), body]);
}
