/** A site to be measured: routes of its own beside the demo's, and room for many calls at once. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { startSite, type TestSite } from '../test/support/site.ts';

/** What a bench may call. */
export const numbers = { hangUp: '+8653100001', menu: '+8653100002', queue: '+8653100003' } as const;

const routes = `routes:
  bench-hang-up:
    numbers: ['${numbers.hangUp}']
    start: answer
    steps:
      answer: { answer: true, next: bye }
      bye: { hangup: normal }
  bench-menu:
    numbers: ['${numbers.menu}']
    start: menu
    steps:
      menu:
        menu:
          prompts: welcome
          keys:
            1: { label: One, next: bye }
          otherwise: bye
      bye: { hangup: normal }
  bench-queue:
    numbers: ['${numbers.queue}']
    start: support
    steps:
      support: { queue: support, otherwise: bye }
      bye: { hangup: normal }
`;

/** Starts it; the owner stops it. */
export function startBenchSite(): Promise<TestSite> {
  const first = 46_000 + 2 * Math.floor(Math.random() * 1000);
  return startSite({
    asShipped: true,
    environment: {
      JACKFIELD_MEDIA_RTP_PORTS: `${first}-${first + 1599}`,
      // The callers of a bench come from one address, as a trunk's do, and are to be limited by nothing but the machine.
      JACKFIELD_SIP_PROTECTION_TRUSTED: '127.0.0.0/8',
      JACKFIELD_SIP_PROTECTION_TRUSTED_MESSAGES: '0',
    },
    prepare: (dialplans) => writeFileSync(join(dialplans, 'bench.yaml'), routes),
  });
}
