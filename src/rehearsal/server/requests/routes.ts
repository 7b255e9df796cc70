/**
 * routes: which request does what.
 *
 * A path of over 4,050 characters (110 job ids) never reaches FTS: the web server before it answers a 404 of its own,
 * and from 8,190 on a 414, both in HTML. An unknown path is 404, a known one with another method 405, in FTS's JSON.
 */
import { json, page, Refusal, refused, type Answer } from '../protocol/answer.js';
import { cancelFiles, cancelJobs, modifyJobs } from './changing.js';
import { whoami } from '../protocol/identity.js';
import * as looking from './looking.js';
import { readBody, readSubmission } from '../protocol/submission.js';
import type { Call, World } from '../state/world.js';
import { jobIdFor } from '../protocol/uuid.js';
import { announcement, delegates } from '../protocol/versions.js';

type Handler = (world: World, call: Call) => Answer | Promise<Answer>;

interface Route {
  readonly path: RegExp;
  readonly methods: Readonly<Record<string, Handler>>;
}

const LONGEST_PATH = 4050;
const LONGEST_URL = 8190;

const ROUTES: readonly Route[] = [
  { path: /^\/$/, methods: { GET: ({ version }) => json(announcement(version)) } },
  { path: /^\/whoami$/, methods: { GET: (_, { caller }) => json(whoami(caller)) } },
  { path: /^\/jobs\/?$/, methods: { GET: looking.list, POST: submit, PUT: submit } },
  { path: /^\/jobs\/([^/]+)$/, methods: { GET: looking.job, DELETE: cancelJobs, POST: modifyJobs } },
  { path: /^\/jobs\/([^/]+)\/files$/, methods: { GET: looking.jobFiles } },
  { path: /^\/jobs\/([^/]+)\/files\/([^/]+)$/, methods: { DELETE: cancelFiles } },
  { path: /^\/files\/?$/, methods: { GET: looking.files } },
  { path: /^\/archive\/([^/]+)$/, methods: { GET: looking.archived } },
  {
    path: /^\/ban\/se$/,
    methods: {
      GET: ({ bans }, { caller }) => bans.list(caller),
      POST: ({ bans, table }, { caller, headers, body, now }) =>
        bans.post(caller, readBody(headers['content-type'], body), now, table),
      DELETE: unban,
    },
  },
  {
    path: /^\/delegation\/([^/]+)$/,
    methods: {
      GET: ({ delegations }, { caller, parts: [id = ''], headers }) =>
        delegations.get(caller, id, headers['user-agent'] ?? ''),
    },
  },
  {
    path: /^\/delegation\/([^/]+)\/request$/,
    methods: { GET: ({ delegations }, { caller, parts: [id = ''] }) => delegations.request(caller, id) },
  },
  {
    path: /^\/delegation\/([^/]+)\/credential$/,
    methods: {
      PUT: ({ delegations }, { caller, parts: [id = ''], body, now }) => delegations.put(caller, id, body, now),
    },
  },
];

/** Answers one request. Only a bug of the server throws. */
export async function answer(world: World, call: Omit<Call, 'parts'>): Promise<Answer> {
  if (call.path.length > LONGEST_URL) return page(414, "The requested URL's length exceeds the capacity limit.");
  if (call.path.length > LONGEST_PATH) return page(404, 'The requested URL was not found on this server.');
  try {
    world.table.sweep(call.now);
    const { handler, parts } = route(call.method, call.path, world);
    return await handler(world, { ...call, parts });
  } catch (error) {
    if (error instanceof Refusal) return refused(error);
    throw error;
  }
}

function route(method: string, path: string, { version }: World): { handler: Handler; parts: string[] } {
  for (const { path: pattern, methods } of ROUTES) {
    const match = pattern.exec(path);
    if (match === null || (path.startsWith('/delegation/') && !delegates(version))) continue;
    const handler = methods[method];
    if (handler !== undefined) return { handler, parts: match.slice(1).map(decoded) };
    throw new Refusal(405, 'The method is not allowed for the requested URL.');
  }
  const hint = 'If you entered the URL manually please check your spelling and try again.';
  throw new Refusal(404, `The requested URL was not found on the server. ${hint}`);
}

function unban({ bans, table }: World, { caller, query, now }: Call): Answer {
  const storage = query.get('storage');
  const done = bans.delete(caller, storage);
  table.release(storage ?? '', now);
  return done;
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

/**
 * POST and PUT /jobs. The checks stand in FTS's order: who calls (403), what the body is (400), the delegation (419),
 * what the job says (400, 403 for a banned storage, 405), and only at last the tables (409). So 400, 403 and 419 say
 * nothing about a sid.
 */
function submit(world: World, call: Call): Answer {
  const { caller, now } = call;
  if (caller.delegationId === null) throw new Refusal(403, 'Not enough permissions');
  const body = readBody(call.headers['content-type'], call.body);
  if (world.needDelegation && caller.method === 'certificate') world.delegations.demand(caller, now);
  const draft = readSubmission(body, caller, now, (storage) => world.bans.status(storage), world.version);
  const { sid } = draft.parameters;
  const id = sid === null ? world.newId() : jobIdFor(caller.vo, sid);
  const job = world.table.accept(id, draft, caller, now);
  if (call.commitLate !== undefined) job.hidden = { until: call.commitLate.until };
  return json({ job_id: id });
}
