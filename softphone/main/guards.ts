import { isOurs, mayUse, withPolicy } from './policy.ts';
import type { ElectronParts } from './electron-parts.ts';

/** Keeps every page the shell ever opens on our server: no other address, no new window, no false certificate. */
export function guardContents(app: ElectronParts['app'], server: URL): void {
  app.on('web-contents-created', (_created, contents) => {
    contents.on('will-navigate', (event) => {
      if (!isOurs(event.url, server)) event.preventDefault();
    });
    contents.on('will-redirect', (event) => {
      if (!isOurs(event.url, server)) event.preventDefault();
    });
    contents.on('will-attach-webview', (event) => event.preventDefault());
    contents.setWindowOpenHandler(() => ({ action: 'deny' }));
  });
  app.on('certificate-error', (event, _contents, _url, _error, _certificate, callback) => {
    // No exceptions: `jackfield lan` makes a local authority that the machine is to trust properly.
    event.preventDefault();
    callback(false);
  });
}

/** Gives our page the microphone and notifications, and puts our own policy on what the server sends. */
export function guardSession(session: ElectronParts['session'], server: URL): void {
  session.setPermissionRequestHandler((_contents, permission, callback, details) => {
    const media = 'mediaTypes' in details ? { media: details.mediaTypes ?? [] } : {};
    callback(mayUse({ permission, origin: details.requestingUrl, ...media }, server));
  });
  session.setPermissionCheckHandler((_contents, permission, origin, details) => {
    const media = details.mediaType === undefined ? {} : { media: [details.mediaType] };
    return mayUse({ permission, origin, ...media }, server);
  });
  session.webRequest.onHeadersReceived((details, callback) => {
    const ours = isOurs(details.url, server) && details.resourceType === 'mainFrame';
    callback(ours ? { responseHeaders: withPolicy(details.responseHeaders, server) } : {});
  });
}
