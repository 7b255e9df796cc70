/** requests: those that make a job or cancel some; all others leave a server as it is. */
export const changesJobs = (method: string, path: string): boolean =>
  (method === 'POST' && path === '/jobs') || (method === 'DELETE' && path.startsWith('/jobs/'));
