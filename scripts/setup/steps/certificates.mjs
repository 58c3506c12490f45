// @ts-check
import { X509Certificate } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { run } from '../exec.mjs';

const renewBeforeMs = 14 * 24 * 3600_000;

/**
 * Whether the development certificate is there with its key and will last another two weeks.
 * @param {string} folder
 * @param {number} [now]
 */
export function certificateIsGood(folder, now = Date.now()) {
  const files = ['ca.pem', 'server.pem', 'server-key.pem'].map((name) => join(folder, name));
  if (!files.every((file) => existsSync(file))) return false;
  try {
    const certificate = new X509Certificate(readFileSync(join(folder, 'server.pem')));
    return Date.parse(certificate.validTo) - now > renewBeforeMs;
  } catch {
    return false;
  }
}

/** A local certificate authority and a certificate for this machine. @type {import('../step.mjs').Step} */
export const certificatesStep = {
  id: 'certificates',
  name: { en: 'Development certificates', zh: '开发证书' },
  touches: (context) => [`a certificate authority and a certificate for localhost -> ${join(context.home, 'certs')}`],
  done: (context) => certificateIsGood(join(context.home, 'certs')),
  async run(context) {
    await run(context.node(), [join(context.root, 'certs', 'main.ts'), join(context.home, 'certs')], {
      cwd: context.root,
      log: context.log,
    });
  },
};
