/** What the supervisor says to a spare whose turn has come. */
export const goMessage = { type: 'go' } as const;

/** Whether a message of the supervisor is that one. */
export function isGo(message: unknown): boolean {
  return typeof message === 'object' && message !== null && 'type' in message && message.type === goMessage.type;
}
