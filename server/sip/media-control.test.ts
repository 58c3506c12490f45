import { expect, it, vi } from 'vitest';
import type { Dialog } from './drachtio.ts';
import { askForPicture, wantsPicture } from './media-control.ts';

it('asks for a key frame as RFC 5168 writes it, and understands its own question', async () => {
  const asked = vi.fn((options: { readonly method: string; readonly headers: object; readonly body: string }) =>
    Promise.resolve({ status: options.method === 'INFO' ? 200 : 400 }),
  );
  askForPicture({ request: asked } as unknown as Dialog, { debug: vi.fn() } as never);
  askForPicture(undefined, { debug: vi.fn() } as never);
  await Promise.resolve();
  expect(asked).toHaveBeenCalledOnce();
  const [options] = asked.mock.calls[0] ?? [];
  expect(options?.headers).toEqual({ 'Content-Type': 'application/media_control+xml' });
  expect(wantsPicture(options?.body ?? '')).toBe(true);
});

it.each([
  [
    '<media_control><vc_primitive><to_encoder><picture_fast_update></picture_fast_update></to_encoder></vc_primitive></media_control>',
    true,
  ],
  [
    '<media_control><vc_primitive><to_encoder>\r\n<picture_fast_update />\r\n</to_encoder></vc_primitive></media_control>',
    true,
  ],
  ['<media_control><general_error>no</general_error></media_control>', false],
  ['picture_fast_update', false],
  ['', false],
])('%s', (body, wants) => {
  expect(wantsPicture(body)).toBe(wants);
});
