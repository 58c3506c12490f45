import { siteFiles, type Config } from './config.ts';
import { readSecret } from './secrets.ts';
import type { SipOptions } from './sip/index.ts';

/** Where the SIP engine is: ours, with its link, or the stock drachtio-server the site names (`host:port,secret`). */
export function engineOf(config: Config): Pick<SipOptions, 'engine' | 'link'> {
  const { drachtio, adminPort, linkPort } = config.sip;
  const stock = drachtio?.match(/^([^:,]+):(\d+),(.+)$/) ?? undefined;
  const [, host = '', port, secret = ''] = stock ?? [];
  const own = { host: '127.0.0.1', port: adminPort };
  return {
    engine:
      stock === undefined
        ? { ...own, secret: readSecret(siteFiles(config).engineSecret) }
        : { host, port: Number(port), secret },
    ...(drachtio === undefined ? { link: { host: '127.0.0.1', port: linkPort } } : {}),
  };
}
