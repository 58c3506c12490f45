/** Calls from a browser: what the page for callers asks, and what it is answered. */
import { z } from 'zod';
import { label } from './desk.ts';
import { id } from './ids.ts';
import { language } from './media.ts';
import { sipCredentials } from './rest.ts';

/** One line of `GET /api/v1/web-routes`: what anybody may call from a browser. */
export const webRoute = z.object({
  id,
  name: label,
  /** Whether the caller may be seen. */
  video: z.boolean(),
  /** What its prompts speak first. */
  language,
});
export type WebRoute = z.infer<typeof webRoute>;

/** `POST /api/v1/web-passes` */
export const webPassRequest = z.object({
  /** Of the list above. */
  route: id,
  /** The caller wants to be seen, if the route lets them. */
  video: z.boolean().optional(),
  /** How the caller is called; shown to the agent as what they say. */
  name: z
    .string()
    .trim()
    .min(1)
    .max(60)
    .regex(/^[^\p{C}]*$/u)
    .optional(),
});
export type WebPassRequest = z.infer<typeof webPassRequest>;

/** Credentials for one INVITE to `target` over a WebSocket, good for about a minute. */
export const webPass = z.object({ target: z.string(), video: z.boolean(), sip: sipCredentials });
export type WebPass = z.infer<typeof webPass>;
