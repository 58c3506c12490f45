import type { ProblemText } from './problem.ts';

/** Problems of the configuration: each stops the start with one line. */
export const configProblems = {
  'config-unreadable': {
    status: 500,
    what: { en: 'The configuration cannot be read: {reason}.', zh: '无法读取配置：{reason}。' },
    expected: { en: 'a YAML file as in jackfield.example.yaml', zh: '与 jackfield.example.yaml 同样格式的 YAML 文件' },
    todo: { en: 'Correct the file or remove it to use the defaults.', zh: '请更正该文件，或删除它以使用默认值。' },
  },
  'config-wrong': {
    status: 500,
    what: { en: '{path}: {reason}.', zh: '{path}：{reason}。' },
    expected: {
      en: 'what jackfield.example.yaml documents for "{path}"',
      zh: 'jackfield.example.yaml 中“{path}”所说明的值',
    },
    todo: { en: 'Correct the value and start again.', zh: '请更正后重新启动。' },
  },
  'certificate-missing': {
    status: 500,
    what: { en: 'The certificate or its key cannot be read: {reason}.', zh: '无法读取证书或私钥：{reason}。' },
    expected: { en: 'a PEM certificate and its key', zh: 'PEM 格式的证书和私钥' },
    todo: {
      en: 'Run `npm start` to make the development certificates again, or `./jackfield lan ADDRESS` for a LAN address.',
      zh: '运行 npm start 重新生成开发证书，局域网地址请运行 ./jackfield lan 地址。',
    },
  },
  'port-taken': {
    status: 500,
    what: { en: 'Port {port} is already taken.', zh: '端口 {port} 已被占用。' },
    expected: { en: 'a free port for {purpose}', zh: '供 {purpose} 使用的空闲端口' },
    todo: {
      en: 'Stop the other program (`ss -lntup | grep {port}` names it) or set another port in jackfield.yaml ({setting}).',
      zh: '停止占用该端口的程序（ss -lntup | grep {port} 可查），或在 jackfield.yaml 中修改 {setting}。',
    },
  },
} as const satisfies Record<string, ProblemText>;
