interface StatusLightProps {
  readonly testId: string;
  readonly state: string;
  readonly good: boolean;
  readonly label: string;
  readonly text: string;
  /** While all is well the light alone is enough to look at. */
  readonly terse?: boolean;
}

/** One connection: its name and its state, in words as well as in colour. */
export function StatusLight({ testId, state, good, label, text, terse }: StatusLightProps) {
  return (
    <span
      className={`status ${good ? 'status-good' : 'status-bad'}`}
      role="status"
      data-testid={testId}
      data-state={state}
    >
      <span className="status-dot" aria-hidden="true" />
      <span className="status-label">{label}</span>{' '}
      <span className={terse === true && good ? 'sr-only' : undefined}>{text}</span>
    </span>
  );
}
