/** `null` leaves the attribute out. Names are case-sensitive; Genesys accepts strings only. */
export interface SetAttributes {
  readonly type: 'setAttributes';
  readonly attributes: Readonly<Record<string, string | null>>;
}

declare module '../../domain/action.ts' {
  interface ActionShapes {
    readonly setAttributes: SetAttributes;
  }
}
