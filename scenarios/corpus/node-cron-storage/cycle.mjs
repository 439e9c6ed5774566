// A yearly report per account: scheduled when the account is opened, stopped and destroyed when it is closed.
import cron from 'node-cron';
export async function setup() {}
export async function cycle(i) {
  const job = cron.schedule('30 4 1 1 *', () => console.log('report of account ' + i), { name: 'account-' + i });
  await job.stop();
  if (job.destroy) await job.destroy();
}
export async function teardown() {}
