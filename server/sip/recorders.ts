/** Legs towards outside recorders (RFC 7866): INVITEs and re-INVITEs whose body is more than a description. */
import { callHeader } from '../../protocol/ids.ts';
import { type Dialog, reinviteWith } from './drachtio.ts';
import type { OutgoingInvite } from './inviting.ts';

/** What goes to a recorder: `type` is that of the body, with the boundary. */
export interface RecorderInvite {
  readonly legId: string;
  readonly callId: string;
  readonly uri: string;
  readonly body: { readonly type: string; readonly text: string };
}

/** RFC 7866 section 6.1.1: whose Contact says `+sip.src` records, and asks for somebody who knows that. */
function headersOf(type: string): Record<string, string> {
  const contact = '<sip:jackfield@localhost>;+sip.src';
  return { Contact: contact, 'Content-Type': type, Accept: 'application/sdp, application/rs-metadata-request' };
}

export class RecorderLegs {
  readonly #legs: { invite(invite: OutgoingInvite): void; dialogOf(legId: string): Dialog | undefined };

  constructor(legs: { invite(invite: OutgoingInvite): void; dialogOf(legId: string): Dialog | undefined }) {
    this.#legs = legs;
  }

  /** INVITEs a recorder; its events are those of a leg. */
  invite({ legId, callId, uri, body }: RecorderInvite): void {
    const headers = { ...headersOf(body.type), [callHeader]: callId, Require: 'siprec' };
    this.#legs.invite({ legId, uri, sdp: body.text, from: 'jackfield', headers });
  }

  /** Tells a recorder what changed; false where it refuses or is gone. */
  reoffer(legId: string, { type, text }: RecorderInvite['body']): Promise<boolean> {
    const dialog = this.#legs.dialogOf(legId);
    if (dialog === undefined) return Promise.resolve(false);
    return new Promise((resolve) => {
      const told = (res: { readonly status: number } | undefined): void => {
        if (res === undefined || res.status >= 200) resolve(res?.status === 200);
      };
      reinviteWith(dialog, text, told, headersOf(type));
    });
  }
}
