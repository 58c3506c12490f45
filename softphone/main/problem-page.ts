import type { Problem } from '../../protocol/problems/index.ts';

const escapes: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };

function escaped(text: string): string {
  return text.replace(/[&<>"]/g, (character) => escapes[character] ?? character);
}

/** A page that says a problem in both languages, as an address to load: the shell has no pages of its own. */
export function problemPage(problem: Problem): string {
  const paragraph = (language: string, title: string, detail: string): string =>
    `<p lang="${language}"><b>${escaped(title)}</b><br>${escaped(detail)}</p>`;
  const html = [
    '<!doctype html><meta charset="utf-8"><title>Jackfield</title>',
    '<body style="font:16px/1.6 system-ui,sans-serif;max-width:36em;margin:15vh auto;padding:0 1em">',
    paragraph('en', problem.title, problem.detail),
    paragraph('zh-CN', problem.titleZh, problem.detailZh),
  ].join('');
  return `data:text/html;charset=utf-8,${encodeURIComponent(html)}`;
}
