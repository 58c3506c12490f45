import type { Catalogue } from './text.ts';

/** Words of `jackfield agent device` and `agent ring`. */
export const deviceTexts = {
  device: { en: 'desk phones of agents: add, list, remove', zh: '坐席话机：添加、列出、删除' },
  'device-add': {
    en: 'make a SIP account for a desk phone; its password is printed once',
    zh: '为话机创建 SIP 账号；密码只显示一次',
  },
  'device-list': { en: 'list an agent’s desk phones', zh: '列出坐席的话机' },
  'device-remove': { en: 'remove the account of a desk phone', zh: '删除话机账号' },
  'device-name': { en: 'name of the device', zh: '设备名称' },
  'agent-id': { en: 'id of the agent', zh: '坐席编号' },
  'no-such-agent': { en: 'There is no agent "{id}".', zh: '没有坐席“{id}”。' },
  ring: { en: 'choose which of an agent’s phones a call rings', zh: '选择来电振铃的话机' },
  'ring-choice': { en: 'all, softphone or desk', zh: 'all、softphone 或 desk' },
  'ring-changed': { en: 'A call to {name} rings {ring} now.', zh: '{name} 的来电现在{ring}振铃。' },
  'ring-all': { en: 'all phones', zh: '在所有话机上' },
  'ring-softphone': { en: 'the softphone only', zh: '仅在软电话上' },
  'ring-desk': { en: 'the desk phones only', zh: '仅在桌面话机上' },
  made: {
    en: 'Device {name} of {agent}. Type this in at the phone; the password is not shown again:\n  user name  {username}\n  password   {password}\n  domain     {domain}\n  server     {server}',
    zh: '{agent} 的设备 {name}。请在话机上填写；密码不再显示：\n  用户名  {username}\n  密码    {password}\n  域      {domain}\n  服务器  {server}',
  },
  removed: { en: 'The device {name} of {agent} is removed.', zh: '已删除 {agent} 的设备 {name}。' },
  'no-devices': { en: 'No desk phones.', zh: '没有话机。' },
  'nothing-registered': { en: 'Nothing is registered.', zh: '没有已注册的设备。' },
  softphone: { en: 'softphone', zh: '软电话' },
  reachable: { en: 'registered', zh: '已注册' },
  unreachable: { en: 'does not answer', zh: '无应答' },
  'not-registered': { en: 'not registered', zh: '未注册' },
  'rings-phones': { en: 'A call rings {ring}.', zh: '来电{ring}振铃。' },
  'title-device': { en: 'DEVICE', zh: '设备' },
  'title-username': { en: 'USER NAME', zh: '用户名' },
  'title-state': { en: 'STATE', zh: '状态' },
  'title-since': { en: 'SINCE', zh: '自' },
  'title-program': { en: 'PROGRAM', zh: '程序' },
  'title-made': { en: 'MADE', zh: '创建时间' },
} as const satisfies Catalogue;
