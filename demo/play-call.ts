import { sendDelivery } from '../harness/send-delivery.ts';
import type { DemoCall, DemoDelivery } from './calls/demo-call.ts';
import { type PlayedCall, type PlayedDelivery, readAnswer } from './played-call.ts';
import { type ProcessedEvent, readProcessedEvent } from './processed-event.ts';
import type { Stage } from './stage.ts';

/** More than an event takes that is retried a few times. */
const PROCESSED_WITHIN_MS = 30_000;

/** Puts the call into the simulator, sends its events one after the other, and waits until each is processed. */
export async function playCall(stage: Stage, call: DemoCall): Promise<PlayedCall> {
  stage.simulator.createConversation(call.conversation);
  if (call.fault !== undefined) stage.simulator.addFault(call.fault);
  const sent: Omit<PlayedDelivery, 'processed'>[] = [];
  for (const delivery of call.deliveries) sent.push(await deliver(stage, delivery));
  return { call, deliveries: await Promise.all(sent.map((delivery) => withProcessed(stage, delivery))) };
}

async function deliver({ webhookUrl, secret }: Stage, delivery: DemoDelivery): Promise<Omit<PlayedDelivery, 'processed'>> {
  const answer = await sendDelivery(webhookUrl, JSON.stringify(delivery.envelope), { secret });
  return { delivery, ...readAnswer(answer) };
}

async function withProcessed(stage: Stage, sent: Omit<PlayedDelivery, 'processed'>): Promise<PlayedDelivery> {
  const processed = sent.answer === 'accepted' ? await waitUntilProcessed(stage, sent.eventId) : null;
  return { ...sent, processed };
}

/** `null` when it takes too long: the report then says so. */
async function waitUntilProcessed({ service }: Stage, eventId: string | null): Promise<ProcessedEvent | null> {
  try {
    const line = await service.waitForLog((line) => readProcessedEvent(line)?.eventId === eventId, PROCESSED_WITHIN_MS);
    return readProcessedEvent(line);
  } catch {
    return null;
  }
}
