/**
 * The smallest drachtio apps there are, in a process of their own: `node app.ts answer PORT SECRET` answers calls and
 * lets the caller end them; `node app.ts proxy PORT SECRET NEXT` sends every call on to `sip:NEXT` and stays in its path.
 */
import Srf from 'drachtio-srf';

const [task = '', port = '', secret = '', next = ''] = process.argv.slice(2);

const localSdp = [
  'v=0',
  'o=- 1 1 IN IP4 127.0.0.1',
  's=-',
  'c=IN IP4 127.0.0.1',
  't=0 0',
  'm=audio 40000 RTP/AVP 0',
  'a=rtpmap:0 PCMU/8000',
  '',
].join('\r\n');

const complain = (error: unknown): void => void process.stderr.write(`${String(error)}\n`);

const srf = new Srf();
srf.on('error', complain);
srf.on('connect', () => process.stdout.write('connected\n'));
srf.invite((req, res) => {
  if (task === 'proxy') {
    // Its types say it returns nothing; without a callback it is a promise.
    const proxied: unknown = srf.proxyRequest(req, [`sip:${next}`], { recordRoute: true, remainInDialog: true });
    Promise.resolve(proxied).catch(complain);
    return;
  }
  srf.createUAS(req, res, { localSdp }).then((dialog) => dialog.on('destroy', () => undefined), complain);
});
void srf.connect({ host: '127.0.0.1', port: Number(port), secret });
