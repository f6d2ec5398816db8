import { type CommandDependencies, createAcceptCommand, createCommandStatus } from './accept-command.ts';
import { type AcceptEventsDependencies, createAcceptEvents } from './accept-events.ts';
import { createAcceptLook } from './accept-look.ts';
import type { Intake } from './intake.ts';

export type IntakeDependencies = AcceptEventsDependencies & CommandDependencies;

export function createIntake(dependencies: IntakeDependencies): Intake {
  return {
    acceptEvents: createAcceptEvents(dependencies),
    acceptLook: createAcceptLook(dependencies),
    acceptCommand: createAcceptCommand(dependencies),
    commandStatus: createCommandStatus(dependencies),
  };
}
