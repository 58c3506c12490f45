import { describe, expect, it } from 'vitest';
import { LinkClient } from '../support/sip/link.ts';
import { embedded, startTestEngine, useBench } from '../support/sip/target.ts';

describe.runIf(embedded)('the engine link', () => {
  const bench = useBench();
  const port = (): number => bench.engine.ports.link ?? 0;

  it('says who it is and what it can; the boot id changes with each start', async () => {
    const hello = async (linkPort: number): Promise<string> => {
      const link = await LinkClient.connect(linkPort);
      link.send({ type: 'hello', id: 7, secret: bench.target.secret });
      const frame = await link.frame('hello');
      link.close();
      expect(frame).toMatchObject({ id: 7, recovered: 0 });
      expect(frame.capabilities).toEqual(['dialogs', 'flows', 'flow-lost', 'parking', 'ladder', 'trust', 'protection']);
      return frame.bootId;
    };
    const other = await startTestEngine();
    bench.later(() => other.close());
    expect(await hello(port())).toBe(await hello(port()));
    expect(await hello(port())).not.toBe(await hello(other.ports.link ?? 0));
  });

  it.each([
    ['a wrong secret', '{"type":"hello","id":1,"secret":"wrong"}\n', 'wrong secret'],
    ['a question before hello', '{"type":"dialogs","id":2}\n', 'hello first'],
    ['what is not JSON', 'hello?\n', 'not a request'],
    ['an unknown request', '{"type":"sing","id":3}\n', 'not a request'],
    ['an endless line', 'x'.repeat(70_000), 'too long'],
  ])('refuses %s and closes', async (_name, text, reason) => {
    const link = await LinkClient.connect(port());
    link.write(text);
    expect((await link.frame('refused')).reason).toContain(reason);
    await link.closed;
  });

  it('lists nothing when there is nothing', async () => {
    const link = await LinkClient.greet(port(), bench.target.secret);
    expect(await link.dialogs()).toEqual([]);
    expect(await link.flows()).toEqual([]);
    link.close();
  });
});
