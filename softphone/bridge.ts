/** What the Electron shell offers the page, as `window.jackfield`. Absent in a browser; the page works without it. */
export interface ShellBridge {
  /** The shell's own version. */
  readonly version: string;
  /** Tells the shell that a call rings (who: number or name) or no longer does: tray, flash, attention. */
  setRinging(ring: { readonly who: string } | null): void;
  /** Calls `listener` when the agent presses the shell's global answer key. Returns what stops it. */
  onAnswerPressed(listener: () => void): () => void;
}

/** The name under which preload exposes the bridge. */
export const bridgeName = 'jackfield';

/** Channels between preload and main; nothing else crosses. */
export const bridgeChannels = { ringing: 'jackfield:ringing', answerPressed: 'jackfield:answer-pressed' } as const;
