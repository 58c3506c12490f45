import type { Catalogue } from './text.ts';

/** Words of `jackfield ears`. */
export const earsTexts = {
  ears: { en: 'speech recognition: install a model, list, remove', zh: '语音识别：安装模型、列出、移除' },
  'ears-install': {
    en: 'install sherpa-onnx with a streaming model for a language',
    zh: '为一种语言安装 sherpa-onnx 和流式模型',
  },
  'ears-list': { en: 'which languages are recognised, and by what', zh: '列出可识别的语言及其引擎' },
  'ears-remove': { en: 'stop using the model of a language; its files stay', zh: '停用某语言的模型（文件保留）' },
  'ears-language': { en: 'zh', zh: 'zh' },
  'ears-folder': {
    en: 'folder with tokens.txt and the .onnx files of a streaming zipformer or paraformer model',
    zh: '包含 tokens.txt 和 .onnx 文件的流式 zipformer 或 paraformer 模型文件夹',
  },
  'ears-bad-language': {
    en: 'No model can be installed for "{language}": only zh. English is heard by the Debian packages set-up installs.',
    zh: '无法为“{language}”安装模型：仅支持 zh。英语由安装程序的 Debian 软件包识别。',
  },
  'ears-package': { en: 'Fetching sherpa-onnx-node (about 30 MB) ...', zh: '正在获取 sherpa-onnx-node（约 30 MB）……' },
  'ears-self-test': { en: 'Loading the model and letting it hear ...', zh: '正在加载模型并试听……' },
  'ears-waiting': { en: '... {seconds} s so far', zh: '……已用 {seconds} 秒' },
  'ears-installed': {
    en: 'Installed: {language} is heard with {model}. It is used from the next start on.',
    zh: '已安装：{language} 使用 {model} 识别，下次启动时生效。',
  },
  'ears-no-model': {
    en: 'There is no usable model: {reason}. Expected a streaming model of the sherpa-onnx project, unpacked: tokens.txt with encoder, decoder (and joiner) .onnx, or one model .onnx.',
    zh: '没有可用的模型：{reason}。需要 sherpa-onnx 项目的流式模型（已解压）：tokens.txt 以及 encoder、decoder（和 joiner）.onnx，或单个 model .onnx。',
  },
  'ears-no-package': {
    en: 'npm could not fetch sherpa-onnx-node: {reason}. Check the connection to the registry and try again.',
    zh: 'npm 无法获取 sherpa-onnx-node：{reason}。请检查与软件源的连接后重试。',
  },
  'ears-deaf': {
    en: 'The model could not be used: {reason}. Nothing was changed; download it again or take another.',
    zh: '模型无法使用：{reason}。未作任何更改；请重新下载或换一个模型。',
  },
  'ears-removed': {
    en: '{language} has no model any more, from the next start on.',
    zh: '{language} 已无模型，下次启动时生效。',
  },
  'ears-none': { en: 'No model is installed for {language}.', zh: '{language} 没有安装模型。' },
  'title-language': { en: 'LANGUAGE', zh: '语言' },
  'title-engine': { en: 'ENGINE', zh: '引擎' },
  'title-model': { en: 'MODEL', zh: '模型' },
  'engine-none': { en: 'none: {command}', zh: '无：{command}' },
} as const satisfies Catalogue;
