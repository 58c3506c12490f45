/** Collects what must be undone, and undoes it in reverse order. The owner of things holds their scope. */
export class Scope {
  readonly #undo: { readonly name: string; readonly run: () => void | Promise<void> }[] = [];
  #closing: Promise<void> | undefined;

  /** Remembers how to undo something. */
  defer(name: string, run: () => void | Promise<void>): void {
    this.#undo.push({ name, run });
  }

  /** Undoes everything, last first; idempotent. Collects failures and throws them together at the end. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    const failures: unknown[] = [];
    for (let next = this.#undo.pop(); next !== undefined; next = this.#undo.pop()) {
      try {
        await next.run();
      } catch (cause) {
        failures.push(new Error(`closing ${next.name} failed`, { cause }));
      }
    }
    if (failures.length > 0) throw new AggregateError(failures, 'some parts did not close');
  }
}
