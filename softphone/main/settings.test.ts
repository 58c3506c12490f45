import { describe, expect, it } from 'vitest';
import { makeProblem } from '../../protocol/problems/index.ts';
import { problemPage } from './problem-page.ts';
import { readSettings } from './settings.ts';

function serverOf(args: readonly string[], file?: string): string {
  const settings = readSettings(args, file);
  return settings.ok ? settings.value.server.href : settings.error.code;
}

describe('the settings of the shell', () => {
  it('come from the command line, else the file, else the defaults', () => {
    expect(serverOf([])).toBe('http://127.0.0.1:8080/');
    expect(serverOf([], '{"server":"https://desk.example"}')).toBe('https://desk.example/');
    expect(serverOf(['.', '--server=https://a.example:8443/some/page?x=1'], '{"server":"https://b.example"}')).toBe(
      'https://a.example:8443/',
    );
  });

  it.each(['ftp://a.example', 'file:///etc/passwd', 'desk', 'https://me:secret@a.example', 'javascript:alert(1)'])(
    'refuse %s',
    (address) => {
      expect(serverOf([`--server=${address}`])).toBe('desk-server-address');
    },
  );

  it('refuse a file that is no JSON object', () => {
    expect(serverOf([], '{')).toBe('not-json');
    expect(serverOf([], '7')).toBe('not-json');
  });

  it('name an answer key only where one is set', () => {
    const keyOf = (args: readonly string[], file?: string): unknown => {
      const settings = readSettings(args, file);
      return settings.ok ? settings.value.answerKey : settings.error;
    };
    expect(keyOf([])).toBeUndefined();
    expect(keyOf([], '{"answerKey":"F9"}')).toBe('F9');
    expect(keyOf(['--answer-key=F8'], '{"answerKey":"F9"}')).toBe('F8');
  });
});

describe('the page of a problem', () => {
  it('says it in both languages and runs nothing', () => {
    const page = decodeURIComponent(problemPage(makeProblem('server-unreachable', { server: '<script>' })));
    expect(page).toContain('The server does not answer.');
    expect(page).toContain('服务器没有响应。');
    expect(page).not.toContain('<script>');
  });
});
