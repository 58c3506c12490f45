import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { problemLine } from '../protocol/problems/index.ts';
import { configSchema, loadConfig, variableOf } from './config.ts';

function folderWith(yaml: string): string {
  const folder = mkdtempSync(join(tmpdir(), 'jackfield-config-'));
  writeFileSync(join(folder, 'jackfield.yaml'), yaml);
  return folder;
}

function problemOf(yaml: string, environment: Record<string, string> = {}): string {
  const loaded = loadConfig(folderWith(yaml), environment);
  return loaded.ok ? 'no problem' : problemLine(loaded.error);
}

describe('the configuration', () => {
  it('is documented, value by value, in jackfield.example.yaml', () => {
    const example: unknown = parse(readFileSync(new URL('../jackfield.example.yaml', import.meta.url), 'utf8'));
    expect(configSchema.parse(example)).toEqual(configSchema.parse({}));
    expect(example).toEqual(JSON.parse(JSON.stringify(configSchema.parse({}))));
  });

  it('needs no file, takes a file over the defaults and the environment over the file', () => {
    const none = loadConfig(mkdtempSync(join(tmpdir(), 'jackfield-config-')), {});
    expect(none).toMatchObject({ ok: true, value: { sip: { port: 5060 } } });
    const both = loadConfig(folderWith('sip: { port: 5070 }\nhttp: { port: 81 }\n'), { JACKFIELD_SIP_PORT: '5080' });
    expect(both).toMatchObject({ ok: true, value: { sip: { port: 5080 }, http: { port: 81 } } });
    expect(variableOf(['sip', 'adminPort'])).toBe('JACKFIELD_SIP_ADMIN_PORT');
  });

  it.each([
    ['a wrong value', 'sip: { port: many }', /jackfield\.yaml: sip\.port: .*\(config-wrong\)/],
    ['a value out of range', 'sip: { port: 70000 }', /sip\.port: .*65535/],
    ['a name nobody knows', 'sip: { prot: 5060 }', /sip: Unrecognized key: "prot"/],
    ['text that is not YAML', 'sip: [', /jackfield\.yaml: .*line 1.*\(config-unreadable\)/],
    ['a list where an object belongs', '- a', /the file: .*\(config-wrong\)/],
    ['a range that runs backwards', 'media: { rtpPorts: "42000-41000" }', /media\.rtpPorts: .*the lower one first/],
    ['ports that are no range', 'media: { rtpPorts: "x" }', /media\.rtpPorts: must be two ports/],
  ])('names %s in one line', (_what, yaml, line) => {
    const text = problemOf(yaml);
    expect(text).toMatch(line);
    expect(text).not.toContain('\n');
  });

  it('names a wrong variable by its place', () => {
    expect(problemOf('', { JACKFIELD_MEDIA_WEBRTC_PORT: 'x' })).toMatch(/media\.webrtcPort/);
  });
});
