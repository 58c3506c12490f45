import type { Context } from './context.ts';
import type { Route } from './route.ts';
import { callRoutes } from './routes/calls.ts';
import { conferenceRoutes } from './routes/conference.ts';
import { contactRoutes } from './routes/contacts.ts';
import { deviceRoutes } from './routes/devices.ts';
import { monitorRoutes } from './routes/monitor.ts';
import { operationRoutes } from './routes/operation.ts';
import { sessionRoutes } from './routes/session.ts';
import { protectionRoutes } from './routes/protection.ts';
import { recordingRoutes } from './routes/recordings.ts';
import { trunkRoutes } from './routes/trunks.ts';
import { siteRoutes } from './routes/site.ts';
import { webCallRoutes } from './routes/web-calls.ts';
import { transferRoutes } from './routes/transfer.ts';

/** Every route there is. The router is built from it and the OpenAPI document too, so neither can know more. */
export function routeTable(context: Context): Route[] {
  const table: Route[] = [
    ...sessionRoutes(context),
    ...contactRoutes(context),
    ...callRoutes(context),
    ...transferRoutes(context),
    ...conferenceRoutes(context),
    ...monitorRoutes(context),
    ...recordingRoutes(context),
    ...siteRoutes(context),
    ...webCallRoutes(context),
    ...deviceRoutes(context),
    ...protectionRoutes(context),
    ...trunkRoutes(context),
    ...operationRoutes(context, () => table),
  ];
  return table;
}
