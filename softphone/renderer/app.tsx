import { ConfigProvider } from 'antd';
import zhCN from 'antd/locale/zh_CN';
import enUS from 'antd/locale/en_US';
import type { AppModel } from './session/app-model.ts';
import { useStore, useTongue } from './ui/hooks.ts';
import { antConfig } from './ui/theme.ts';
import type { PageTheme } from './ui/theme.ts';
import { DeskView } from './views/desk-view.tsx';
import { LoginView } from './views/login-view.tsx';

interface AppProps {
  readonly model: AppModel;
  readonly theme: PageTheme;
}

/** The page: a login form, or the desk of who logged in. */
export function App({ model, theme }: AppProps) {
  const screen = useStore(model.screen);
  const dark = useStore(theme.dark);
  const tongue = useTongue();
  return (
    <ConfigProvider theme={antConfig(dark)} locale={tongue === 'zh-CN' ? zhCN : enUS} wave={{ disabled: true }}>
      {screen.type === 'login' ? (
        <LoginView model={model} theme={theme} busy={screen.busy} problem={screen.problem} />
      ) : (
        <DeskView model={model} theme={theme} session={screen.session} />
      )}
    </ConfigProvider>
  );
}
