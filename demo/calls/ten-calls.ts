import { escalatesVip, leavesWhatIsThere, survivesConflict, waitsUntilVisible, wrapsUpAfterHangUp } from './adverse-calls.ts';
import {
  resolveCallbackByAddress,
  resolveChatBySession,
  resolveEmailByUser,
  tagMessageSnapshot,
  tagVoiceCall,
} from './attribute-calls.ts';
import type { DemoCall } from './demo-call.ts';

/** Fresh ids and times at each call, so that the demo can run against a Redis and a simulator that have seen it before. */
export function placeTenCalls(): DemoCall[] {
  return [
    tagVoiceCall(),
    resolveChatBySession(),
    resolveEmailByUser(),
    resolveCallbackByAddress(),
    tagMessageSnapshot(),
    survivesConflict(),
    waitsUntilVisible(),
    leavesWhatIsThere(),
    wrapsUpAfterHangUp(),
    escalatesVip(),
  ];
}
