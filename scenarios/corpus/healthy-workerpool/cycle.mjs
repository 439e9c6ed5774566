// A pool of one child process per batch of work, which is terminated when the batch is done: some 25 ms a cycle.
import workerpool from 'workerpool';
export async function setup() {}
export async function cycle(i) {
  const pool = workerpool.pool({ minWorkers: 1, maxWorkers: 1, workerType: 'process' });
  const squared = await pool.exec((n) => n * n, [i]);
  if (squared !== i * i) throw new Error('bad');
  await pool.terminate();
}
export async function teardown() {}
