/**
 * The engine link: what drachtio's protocol cannot say. Newline-delimited JSON on a second port of the embedded engine.
 * A stock drachtio-server has none; see docs/drachtio.md for what then degrades.
 */
import { z } from 'zod';
import { time } from './ids.ts';

/** A dialog as the engine holds it. `id` is drachtio's `<Call-ID>;from-tag=<tag>`. */
export const engineDialog = z.object({
  id: z.string(),
  state: z.enum(['early', 'confirmed']),
  role: z.enum(['uac', 'uas']),
  /** The tag of the app that owns it. */
  tag: z.string(),
  /** True while no connection with that tag is there. */
  parked: z.boolean(),
  /** Taken up from the journal of an engine that died. */
  recovered: z.boolean(),
  /** False while its peer is only reached by a connection that is gone (a browser that has to come back first). */
  reachable: z.boolean(),
  since: time,
});
export type EngineDialog = z.infer<typeof engineDialog>;

/** A binding of a contact to the connection (flow) over which it is reached, RFC 5626. */
export const engineFlow = z.object({
  contact: z.string(),
  transport: z.enum(['udp', 'tcp', 'tls', 'ws', 'wss']),
  remote: z.string(),
  since: time,
});
export type EngineFlow = z.infer<typeof engineFlow>;

/** A SIP message as it was on the wire. */
export const engineMessage = z.object({
  /** Milliseconds since the epoch, to the microsecond. */
  at: z.number(),
  /** Seen from the engine. */
  direction: z.enum(['in', 'out']),
  transport: z.enum(['udp', 'tcp', 'tls', 'ws', 'wss']),
  remote: z.object({ host: z.string(), port: z.number().int() }),
  local: z.object({ host: z.string(), port: z.number().int() }),
  /** The bytes in base64. */
  bytes: z.string(),
});
export type EngineMessage = z.infer<typeof engineMessage>;

/** A source something is dropped of now: an IPv4 address, the /64 of an IPv6 one, or `address port` of somebody trusted. */
export const engineSource = z.object({
  source: z.string(),
  dropped: z.number().int().nonnegative(),
  /** When last. */
  at: time,
  reason: z.string(),
  /** When it has all of its measure back if it sends no more. */
  until: time,
});
export type EngineSource = z.infer<typeof engineSource>;

export const engineLinkRequest = z.discriminatedUnion('type', [
  z.object({ type: z.literal('hello'), id: z.number().int(), secret: z.string() }),
  z.object({ type: z.literal('dialogs'), id: z.number().int() }),
  z.object({ type: z.literal('flows'), id: z.number().int() }),
  /**
   * Whom the server vouches for, in place of what it said before: hosts and networks (CIDR) of trunks, and where phones
   * are registered from. Strangers' limits do not hold for them.
   */
  z.object({
    type: z.literal('trust'),
    id: z.number().int(),
    networks: z.array(z.string()).max(10_000),
    peers: z.array(z.object({ host: z.string(), port: z.number().int() })).max(100_000),
  }),
  /** The latest messages of the dialogs named, and of those with a request in which `header` is `value`. */
  z.object({
    type: z.literal('ladder'),
    id: z.number().int(),
    callIds: z.array(z.string()).max(100),
    mark: z.object({ header: z.string(), value: z.string() }).optional(),
  }),
  /** What is dropped to protect the engine, and of whom. */
  z.object({ type: z.literal('protection'), id: z.number().int() }),
  /** Gives a source all of its measure back. */
  z.object({ type: z.literal('release'), id: z.number().int(), source: z.string().max(100) }),
  /** A person is erased: nothing of these texts may be kept of calls that are over. */
  z.object({ type: z.literal('forget'), id: z.number().int(), texts: z.array(z.string().min(4)).max(100) }),
]);
export type EngineLinkRequest = z.infer<typeof engineLinkRequest>;

export const engineLinkFrame = z.discriminatedUnion('type', [
  z.object({
    type: z.literal('hello'),
    id: z.number().int(),
    bootId: z.string(),
    capabilities: z.array(
      z.enum(['dialogs', 'flows', 'flow-lost', 'parking', 'journal', 'ladder', 'trust', 'protection']),
    ),
    /** How many dialogs this boot took up from its journal. */
    recovered: z.number().int().nonnegative(),
  }),
  z.object({ type: z.literal('dialogs'), id: z.number().int(), dialogs: z.array(engineDialog) }),
  z.object({ type: z.literal('flows'), id: z.number().int(), flows: z.array(engineFlow) }),
  /** What was not understood among the networks. */
  z.object({ type: z.literal('trust'), id: z.number().int(), wrong: z.array(z.string()) }),
  /** `left`: how many more there were than are told; the oldest are. */
  z.object({
    type: z.literal('ladder'),
    id: z.number().int(),
    messages: z.array(engineMessage),
    left: z.number().int().nonnegative(),
  }),
  z.object({ type: z.literal('forget'), id: z.number().int() }),
  /** `dropped`: messages since the start of the engine, by reason. */
  z.object({
    type: z.literal('protection'),
    id: z.number().int(),
    dropped: z.record(z.string(), z.number()),
    sources: z.array(engineSource),
  }),
  z.object({ type: z.literal('release'), id: z.number().int(), released: z.boolean() }),
  z.object({ type: z.literal('refused'), id: z.number().int(), reason: z.string() }),
  /** Unasked: the connection to `remote` (`host:port`) closed, and the bindings of these contacts to it went with it. */
  z.object({ type: z.literal('flow-lost'), at: time, contacts: z.array(z.string()), remote: z.string() }),
  /** Unasked: the peer wants a password for a session refresh (RFC 4028); the app may send it by itself, by this method. */
  z.object({ type: z.literal('refresh-challenged'), dialog: z.string(), method: z.enum(['INVITE', 'UPDATE']) }),
  /** Unasked: the journal cannot be written (calls go on, but would not survive the engine), or can be again. */
  z.object({ type: z.literal('journal'), at: time, state: z.enum(['well', 'failing']), reason: z.string() }),
]);
export type EngineLinkFrame = z.infer<typeof engineLinkFrame>;
