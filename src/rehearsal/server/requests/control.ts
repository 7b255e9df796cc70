/**
 * control: the rehearsal's own questions and switches, under /rehearsal, for servers that run in another process.
 *
 * GET history, submissions; POST faults (an array as in the options, `when.path` a string), advance {"seconds"}, forget
 * and archive {"job_id"} or {}, ban {"storage", "status"}, unban {"storage"}, cancel_file {"job_id", "index"}, tokens
 * {"seconds"} (from now on so long in TOKEN_PREP). They are not in the history, and no fault meets them.
 */
import { json, page } from '../protocol/answer.js';
import type { Answer } from '../protocol/answer.js';
import type { Fault, RehearsalServer } from '../options.js';

interface Order {
  readonly storage?: string;
  readonly status?: 'CANCEL' | 'WAIT';
  readonly index?: number;
  readonly seconds?: number;
  readonly job_id?: string;
}

/** Null for a request that is FTS's business. */
export function control(server: RehearsalServer, call: { method: string; path: string; body: string }): Answer | null {
  if (!call.path.startsWith('/rehearsal/')) return null;
  switch (`${call.method} ${call.path.slice('/rehearsal/'.length)}`) {
    case 'GET history':
      return json(server.history);
    case 'GET submissions':
      return json(server.submissions);
    case 'POST faults':
      return command(call.body, (faults) => server.setFaults((faults as Fault[]).map(readFault)));
    case 'POST advance':
      return command(call.body, (order) => server.advance((order as Order).seconds ?? 0));
    case 'POST ban':
      return command(call.body, (order) => {
        const { storage = '', status } = order as Order;
        server.ban(storage, status, true);
      });
    case 'POST unban':
      return command(call.body, (order) => server.unban((order as Order).storage ?? ''));
    case 'POST cancel_file':
      return command(call.body, (order) => {
        const { job_id: id = '', index = 0 } = order as Order;
        server.cancelFile(id, index);
      });
    case 'POST tokens':
      return command(call.body, (order) => server.setTokenSeconds((order as Order).seconds ?? 0));
    case 'POST archive':
      return command(call.body, (order) => server.archive((order as Order).job_id));
    case 'POST forget':
      return command(call.body, (order) => server.forget((order as Order).job_id));
    default:
      return page(404);
  }
}

function command(body: string, act: (order: unknown) => void): Answer {
  try {
    act(JSON.parse(body === '' ? '{}' : body));
    return json({});
  } catch (error) {
    return json({ message: error instanceof Error ? error.message : String(error) }, 400);
  }
}

function readFault(fault: Fault): Fault {
  if (typeof fault.when === 'function') return fault;
  const { path, ...when } = fault.when;
  return { ...fault, when: path === undefined ? when : { ...when, path: new RegExp(String(path)) } };
}
