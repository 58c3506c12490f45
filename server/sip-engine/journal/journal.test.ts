import { setImmediate } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { SimulatedClock } from '../../../base/clock.ts';
import { silentLogger } from '../../../base/logger.ts';
import { cseqJump } from '../../../protocol/engine-journal.ts';
import { Dialogs, newDialog } from '../dialog/dialog.ts';
import type { Dialog } from '../dialog/dialog.ts';
import type { JournalDisk } from './disk.ts';
import { closedFlow, dialogOf, entryOf } from './entry.ts';
import { defaultLimits, Journal } from './journal.ts';
import type { JournalHealth } from './journal.ts';
import { readJournal } from './lines.ts';

/** A disk in memory that can be full, and that tells how often it was written to. */
class Disk implements JournalDisk {
  content = '';
  fresh = '';
  full = false;
  begun = 0;
  appends: string[] = [];
  /** Appends wait here when it is set, as a slow disk lets them. */
  slow: Promise<void> | undefined;

  read(): Buffer {
    return Buffer.from(this.content);
  }

  begin() {
    this.begun++;
    this.fresh = '';
    let placed = false;
    const place = (): void => void (placed = true);
    this.#place = place;
    return Promise.resolve({
      append: async (text: string) => {
        await this.slow;
        // A full disk takes what fits.
        const part = this.full ? text.slice(0, text.length / 2) : text;
        if (placed) this.content += part;
        else this.fresh += part;
        if (this.full) throw new Error('ENOSPC');
        this.appends.push(text);
      },
      close: () => Promise.resolve(),
    });
  }

  #place = (): void => {};

  replace(): Promise<void> {
    this.content = this.fresh;
    this.#place();
    return Promise.resolve();
  }
}

const local = { host: '127.0.0.1', port: 5060 };

function confirmed(callId: string, facts: Partial<Dialog> = {}): Dialog {
  const remote = { host: '127.0.0.1', port: 7000 };
  const dialog = newDialog({
    id: `${callId};from-tag=r`,
    role: 'uas',
    kind: 'INVITE',
    callId,
    localTag: 'l',
    remoteTag: 'r',
    localParty: '<sip:a@b>;tag=l',
    remoteParty: '<sip:c@d>;tag=r',
    localSeq: 0,
    remoteSeq: 1,
    remoteTarget: 'sip:c@127.0.0.1:7000',
    routeSet: [],
    localContact: '<sip:a@b>',
    since: 1,
    owner: undefined,
    tag: 'brain',
    flow: closedFlow({ protocol: 'udp', remote, local }),
    source: undefined,
  });
  return Object.assign(dialog, { state: 'confirmed' }, facts);
}

/** Turns of the event loop until the journal has done what it was given. */
async function settled(): Promise<void> {
  for (let turn = 0; turn < 20; turn++) await setImmediate();
}

async function started(limits: Partial<typeof defaultLimits> = {}, dialogs = new Dialogs()) {
  const disk = new Disk();
  const clock = new SimulatedClock(1000);
  const journal = new Journal(disk, clock, silentLogger, { ...defaultLimits, ...limits });
  const told: JournalHealth[] = [];
  journal.health.on((health) => told.push(health));
  dialogs.watchedBy(journal);
  journal.start(dialogs);
  await settled();
  disk.appends = [];
  const left = (): string[] => readJournal(disk.read()).dialogs.map(({ callId }) => callId);
  return { disk, clock, journal, dialogs, told, left };
}

describe('the journal', () => {
  it('writes all that happens in one turn of the event loop in one go', async () => {
    const { disk, dialogs, left } = await started();
    for (const callId of ['a', 'b', 'c']) dialogs.add(confirmed(callId));
    await settled();
    expect(disk.appends).toHaveLength(1);
    expect(left()).toEqual(['a', 'b', 'c']);
  });

  it('keeps subscriptions with what they are for and how long they live', async () => {
    const { disk, dialogs } = await started();
    const watched = confirmed('watched', { kind: 'SUBSCRIBE', event: 'dialog', until: 5000 });
    dialogs.add(watched);
    await settled();
    watched.until = 9000;
    dialogs.touch(watched);
    await settled();
    const [entry] = readJournal(disk.read()).dialogs;
    expect(entry).toMatchObject({ kind: 'SUBSCRIBE', event: 'dialog', until: 9000 });
    if (entry !== undefined) expect(dialogOf(entry)).toMatchObject({ kind: 'SUBSCRIBE', event: 'dialog', until: 9000 });
  });

  it('writes nothing of early dialogs, of a call that came and went in one turn', async () => {
    const { disk, dialogs } = await started();
    dialogs.add(confirmed('early', { state: 'early' }));
    const brief = confirmed('brief');
    dialogs.add(brief);
    dialogs.remove(brief);
    await settled();
    expect(disk.appends).toEqual([]);
  });

  it('follows a dialog: what changed is written, what only was looked at is not', async () => {
    const { disk, dialogs, left } = await started();
    const dialog = confirmed('a');
    dialogs.add(dialog);
    await settled();
    disk.appends = [];
    dialogs.get(dialog.id);
    await settled();
    expect(disk.appends).toEqual([]);
    const found = dialogs.get(dialog.id);
    if (found !== undefined)
      Object.assign(found, { remoteSeq: 9, remoteTarget: 'sip:new@h', localSdp: Buffer.from('v=0') });
    await settled();
    expect(disk.appends).toHaveLength(1);
    expect(disk.appends[0]?.length, 'only what changed').toBeLessThan(200);
    expect(readJournal(disk.read()).dialogs[0]).toEqual(entryOf(dialog));
    dialogs.remove(dialog);
    await settled();
    expect(left()).toEqual([]);
  });

  it('lets our own CSeq lag behind, never by as much as it jumps afterwards', async () => {
    const { disk, dialogs } = await started();
    const dialog = confirmed('a');
    dialogs.add(dialog);
    for (let count = 0; count < 500; count++) {
      const found = dialogs.get(dialog.id);
      if (found !== undefined) found.localSeq++;
      await setImmediate();
      await settled();
      const [entry] = readJournal(disk.read()).dialogs;
      if (entry === undefined) throw new Error('it is lost');
      expect(dialogOf(entry).localSeq).toBeGreaterThan(dialog.localSeq);
    }
    expect(disk.appends.length).toBeLessThanOrEqual(1 + 500 / (cseqJump / 2));
  });

  it('is written anew when it has grown, and loses nothing of what happens meanwhile', async () => {
    const { disk, dialogs, left } = await started({ longest: 20_000 });
    const stay = Array.from({ length: 250 }, (_, index) => confirmed(`stay-${index}`));
    for (const dialog of stay) dialogs.add(dialog);
    await settled();
    const { begun } = disk;
    const gate = Promise.withResolvers<undefined>();
    disk.slow = gate.promise;
    for (let count = 0; count < 1000; count++) {
      const dialog = confirmed(`go-${count}`);
      dialogs.add(dialog);
      await setImmediate();
      dialogs.remove(dialog);
      if (count === 900) gate.resolve(undefined);
    }
    const [last] = stay.splice(100, 1);
    if (last !== undefined) dialogs.remove(last);
    await settled();
    await settled();
    expect(disk.begun).toBeGreaterThan(begun);
    expect(left()).toEqual(stay.map(({ callId }) => callId));
    expect(disk.content.length).toBeLessThan(1_000_000);
  });

  it('forgets who talked with whom a minute after the call', async () => {
    const { disk, clock, dialogs } = await started();
    const dialog = confirmed('secret');
    dialogs.add(dialog);
    await settled();
    dialogs.remove(dialog);
    await settled();
    expect(disk.content).toContain('secret');
    clock.advance(60_000);
    await settled();
    expect(disk.content).not.toContain('secret');
  });

  it('is tidied at once when somebody is to be forgotten', async () => {
    const { disk, journal, dialogs, left } = await started();
    const gone = confirmed('secret');
    dialogs.add(gone);
    dialogs.add(confirmed('stays'));
    await settled();
    dialogs.remove(gone);
    await journal.tidy();
    expect(disk.content).not.toContain('secret');
    expect(left()).toEqual(['stays']);
  });

  it('says once that the disk is full, and writes everything when it is not any more', async () => {
    const { disk, clock, dialogs, told, left } = await started();
    dialogs.add(confirmed('before'));
    await settled();
    disk.full = true;
    dialogs.add(confirmed('one'));
    await settled();
    dialogs.add(confirmed('two'));
    await settled();
    clock.advance(defaultLimits.retry);
    await settled();
    expect(told).toEqual([{ at: 1000, state: 'failing', reason: 'ENOSPC' }]);
    expect(left(), 'what was safe is safe').toEqual(['before']);
    disk.full = false;
    clock.advance(defaultLimits.retry);
    await settled();
    expect(told.at(-1)).toMatchObject({ state: 'well' });
    expect(left()).toEqual(['before', 'one', 'two']);
    dialogs.add(confirmed('after'));
    await settled();
    expect(left()).toEqual(['before', 'one', 'two', 'after']);
  });

  it('writes what is left when it closes, and not that everything ends then', async () => {
    const { journal, dialogs, left } = await started();
    const dialog = confirmed('a');
    dialogs.add(dialog);
    await journal.close();
    dialogs.remove(dialog);
    await settled();
    expect(left()).toEqual(['a']);
  });
});

describe('a dialog taken up', () => {
  it('is what it was, but nobody has it, its path is closed and its CSeq has jumped', () => {
    const session = { type: 'watching', interval: 90_000, endAt: 99 } as const;
    const was = confirmed('a', {
      localSeq: 5,
      session,
      localSdp: Buffer.from('v=0'),
      source: { host: '10.0.0.1', port: 1 },
    });
    const now = dialogOf(entryOf(was));
    const { acks: _acks, cancelLease: _lease, flow, ...plain } = now;
    expect(plain).toMatchObject({
      callId: 'a',
      state: 'confirmed',
      localSdp: Buffer.from('v=0'),
      recovered: true,
      owner: undefined,
    });
    expect(now.localSeq).toBe(105);
    expect(flow.open).toBe(false);
  });
});
