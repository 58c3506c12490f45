/** Trunks in the HTTP API. */
import { z } from 'zod';
import { time } from './ids.ts';

const cap = z.number().optional();

/** One line of `GET /api/v1/trunks`. */
export const trunkSummary = z.object({
  id: z.string(),
  name: z.object({ en: z.string(), zh: z.string() }),
  profile: z.string().optional(),
  /** Which way calls may go. */
  calls: z.enum(['in', 'out', 'both']),
  state: z.enum(['up', 'down']),
  /** Why it is down. */
  trouble: z.enum(['no-password', 'not-registered', 'targets-down']).optional(),
  registration: z
    .object({
      state: z.enum(['asking', 'registered', 'waiting', 'ended']),
      expiresAt: time.optional(),
      reason: z.string().optional(),
    })
    .optional(),
  targets: z.array(
    z.object({
      uri: z.string(),
      state: z.enum(['up', 'down', 'unknown']),
      since: time.optional(),
      rttMs: z.number().optional(),
      reason: z.string().optional(),
    }),
  ),
  addresses: z.array(z.string()),
  /** Calls going on. */
  active: z.object({ in: z.number().int(), out: z.number().int() }),
  limits: z.object({ channels: cap, channelsIn: cap, channelsOut: cap, perSecondIn: cap, perSecondOut: cap }),
  /** Outgoing calls of today, those going on included, and their caps. */
  today: z.object({ minutes: z.number(), spent: z.number(), minutesCap: cap, spendCap: cap }),
});
export type TrunkSummary = z.infer<typeof trunkSummary>;

/** `POST /api/v1/trunks/{id}/test` */
export const trunkTestRequest = z.object({
  /** A number that echoes; without it the trunk's own `test-number`. */
  number: z
    .string()
    .regex(/^\+?[0-9*#]{1,20}$/)
    .optional(),
});

/** The graded card of a test. */
export const trunkCard = z.object({
  trunk: z.string(),
  /** `A`: all good. `B`: something is fair. `C`: no call was made. `F`: something does not work. */
  grade: z.enum(['A', 'B', 'C', 'F']),
  checks: z.array(
    z.object({
      name: z.enum(['registration', 'reachability', 'call', 'codec', 'early-media', 'dtmf', 'session-timer', 'audio']),
      grade: z.enum(['good', 'fair', 'bad', 'skipped']),
      /** Facts, not words. */
      found: z.string(),
    }),
  ),
});
export type TrunkCard = z.infer<typeof trunkCard>;
