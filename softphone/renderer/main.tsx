import { createRoot } from 'react-dom/client';
import './styles.css';
import { App } from './app.tsx';
import { consoleLogger } from './console-logger.ts';
import { ErrorBoundary } from './error-boundary.tsx';
import { startTranslations } from './i18n/index.ts';
import { AppModel } from './session/app-model.ts';
import { PageTheme } from './ui/theme.ts';

/** Builds the page. Everything that outlives a rendering is made here. */
async function start(): Promise<void> {
  await startTranslations(window.localStorage, navigator.language);
  const model = new AppModel(consoleLogger);
  const theme = new PageTheme();
  model.start();
  const root = document.getElementById('root');
  if (root === null) throw new Error('the page has no root element');
  createRoot(root).render(
    <ErrorBoundary logger={consoleLogger}>
      <App model={model} theme={theme} />
    </ErrorBoundary>,
  );
}

start().catch((cause: unknown) => consoleLogger.error({ err: cause }, 'the page did not start'));
