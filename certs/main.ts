/** `node certs/main.ts FOLDER [HOST ...]`: makes the development certificates; see README.md. */
import { ensureCertificates } from './folder.ts';

const [folder, ...hosts] = process.argv.slice(2);
if (folder === undefined) {
  console.error('usage: node certs/main.ts FOLDER [HOST ...]');
  process.exitCode = 2;
} else {
  const made = await ensureCertificates(folder, hosts, Date.now());
  console.log(JSON.stringify(made));
}
