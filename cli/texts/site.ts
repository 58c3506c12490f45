import type { Catalogue } from './text.ts';

/** Words of `jackfield status`, `dialplan`, `rules` and `ledger`. */
export const siteTexts = {
  status: { en: 'is everything up? 0 yes, 1 no, 3 not running', zh: '是否全部正常？0 正常，1 异常，3 未运行' },
  ready: { en: 'Jackfield is ready at {url}.', zh: 'Jackfield 已就绪：{url}。' },
  'not-ready': { en: 'Jackfield is NOT ready at {url}.', zh: 'Jackfield 未就绪：{url}。' },
  'title-part': { en: 'PART', zh: '部分' },
  'title-state': { en: 'STATE', zh: '状态' },
  'title-detail': { en: 'DETAIL', zh: '详情' },
  'part-up': { en: 'up', zh: '正常' },
  'part-down': { en: 'DOWN', zh: '异常' },
  counts: {
    en: 'Calls in progress {calls}, agents available {available} of {agents}, callers waiting {waiting}.',
    zh: '进行中的通话 {calls}，示闲坐席 {available}/{agents}，等待 {waiting}。',
  },
  'plan-in-force': {
    en: 'Dialplan {version} from {folder}, in force since {since}.',
    zh: '拨号方案 {version}（{folder}），自 {since} 生效。',
  },
  'no-plan': {
    en: 'No dialplan is in force; calls are refused. See `jackfield dialplan check`.',
    zh: '没有生效的拨号方案，来电将被拒绝。见 jackfield dialplan check。',
  },
  'plan-rejected': {
    en: 'The last edit was refused with {errors} errors; the plan before it stays in force. See `jackfield dialplan check`.',
    zh: '最近一次修改有 {errors} 个错误，未生效，仍使用之前的方案。见 jackfield dialplan check。',
  },

  dialplan: { en: 'dialplan files: check', zh: '拨号方案：检查' },
  'dialplan-check': {
    en: 'check dialplan files and run their examples; 0 clean, 1 errors found',
    zh: '检查拨号方案文件并运行其示例；0 无误，1 有错误',
  },
  folder: { en: 'the folder; the site’s own without it', zh: '目录；默认使用本站点的目录' },
  'no-folder': { en: '{folder} is no folder', zh: '{folder} 不是目录' },
  'dialplan-ok': {
    en: '{folder} is clean: {routes} routes, {queues} queues, {agents} agents, version {version}.',
    zh: '{folder} 无误：路由 {routes}，队列 {queues}，坐席 {agents}，版本 {version}。',
  },
  'dialplan-wrong': {
    en: '{errors} errors, {warnings} warnings. Nothing goes into force.',
    zh: '{errors} 个错误，{warnings} 个警告。不会生效。',
  },

  rules: { en: 'compliance rules: check', zh: '合规规则：检查' },
  'rules-check': { en: 'check rule files; 0 clean, 1 errors found', zh: '检查规则文件；0 无误，1 有错误' },
  'rules-ok': {
    en: '{folder} is clean: {rules} rules, {phrases} phrases.',
    zh: '{folder} 无误：规则 {rules}，短语 {phrases}。',
  },

  ledger: { en: 'the ledger: verify', zh: '账本：校验' },
  'ledger-verify': {
    en: 'check the whole hash chain; names the row that was tampered with',
    zh: '校验整个哈希链；指出被篡改的行',
  },
  'ledger-ok': { en: 'The ledger verifies: {rows} rows.', zh: '账本校验通过：{rows} 行。' },
  'ledger-bad': {
    en: 'The ledger does NOT verify ({kind}) at row {seq} of node {node}{id}: {message}',
    zh: '账本校验失败（{kind}），节点 {node} 第 {seq} 行{id}：{message}',
  },
  'ledger-warning': { en: 'Warning: {text}', zh: '警告：{text}' },
  'ledger-unreadable': {
    en: 'The ledger {file} cannot be checked: {reason} ({code})',
    zh: '无法校验账本 {file}：{reason}（{code}）',
  },
} as const satisfies Catalogue;
