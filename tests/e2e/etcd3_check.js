// Node's etcd3 client against a server: puts, ranges, transactions, watches, leases, locks, elections.
//
//   node etcd3_check.js <client URL>
//
// Prints PASS or FAIL for each behaviour; exit code 1 when one failed, 77 when the package is not installed. It is
// looked for as Node does it, $NODE_PATH included.
'use strict';

const assert = require('node:assert');

let etcd3;
try {
  etcd3 = require('etcd3');
} catch (error) {
  console.log('SKIPPED: the npm package etcd3 is not installed (npm install etcd3, and NODE_PATH to it)');
  process.exit(77);
}

const TIMEOUT_MS = 20_000;
const client = new etcd3.Etcd3({hosts: process.argv[2]});

// The next event of an emitter, or an error when it does not come.
function once(emitter, name) {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`no ${name}`)), TIMEOUT_MS);
    emitter.once(name, (value) => {
      clearTimeout(timer);
      resolve(value);
    });
  });
}

const checks = {
  async putAndGet() {
    await client.put('k').value('v');
    assert.strictEqual(await client.get('k').string(), 'v');
    await client.delete().key('k');
    assert.strictEqual(await client.get('k').string(), null);
  },
  async ranges() {
    for (const name of ['a', 'b', 'c']) await client.put(`range/${name}`).value(name);
    assert.deepStrictEqual(await client.getAll().prefix('range/').strings(),
                           {'range/a': 'a', 'range/b': 'b', 'range/c': 'c'});
    assert.deepStrictEqual(await client.getAll().prefix('range/').sort('Key', 'Descend').limit(2).keys(),
                           ['range/c', 'range/b']);
    assert.strictEqual(await client.getAll().prefix('range/').count(), 3);
  },
  async transaction() {
    const result = await client.if('txn', 'Create', '==', 0).then(client.put('txn').value('1'))
                       .else(client.get('txn')).commit();
    assert.strictEqual(result.succeeded, true);
    const again = await client.if('txn', 'Create', '==', 0).then(client.put('txn').value('2'))
                      .else(client.get('txn')).commit();
    assert.strictEqual(again.succeeded, false);
    assert.strictEqual(again.responses[0].response_range.kvs[0].value.toString(), '1');
  },
  async stm() {
    await client.put('stm').value('1');
    await Promise.all(Array.from({length: 5}, () => client.stm({retries: 100}).transact(async (tx) => {
      await tx.put('stm').value(Number(await tx.get('stm').number()) + 1);
    })));
    assert.strictEqual(await client.get('stm').number(), 6);
  },
  async watch() {
    const watcher = await client.watch().prefix('watch/').withPreviousKV().create();
    const put = once(watcher, 'put');
    await client.put('watch/a').value('1');
    assert.strictEqual((await put).value.toString(), '1');
    const deleted = once(watcher, 'delete');
    await client.delete().key('watch/a');
    assert.strictEqual((await deleted).key.toString(), 'watch/a');
    await watcher.cancel();
  },
  async watchersShareAStream() {
    const watchers = await Promise.all(Array.from({length: 50}, (_, i) => client.watch().key(`share/${i}`).create()));
    const told = watchers.map((watcher) => once(watcher, 'put'));
    for (let i = 0; i < 50; ++i) await client.put(`share/${i}`).value(`${i}`);
    (await Promise.all(told)).forEach((kv, i) => assert.strictEqual(kv.value.toString(), `${i}`));
    await Promise.all(watchers.map((watcher) => watcher.cancel()));
  },
  async lease() {
    const lease = client.lease(60);
    await lease.put('leased').value('v');
    assert.strictEqual((await lease.keepaliveOnce()).TTL, '60');
    assert.strictEqual(await client.get('leased').string(), 'v');
    await lease.revoke();
    assert.strictEqual(await client.get('leased').string(), null);
  },
  async leaseKeepsItselfAlive() {
    const lease = client.lease(2);
    await lease.put('alive').value('v');
    await once(lease, 'keepaliveSucceeded');
    assert.strictEqual(await client.get('alive').string(), 'v');
    await lease.revoke();
  },
  async lock() {
    const held = await client.lock('lock').acquire();
    await assert.rejects(client.lock('lock').acquire(), etcd3.EtcdLockFailedError);
    await held.release();
    await client.lock('lock').do(async () => {});
  },
  async election() {
    const election = client.election('election');
    const campaign = election.campaign('me');
    await once(campaign, 'elected');
    assert.strictEqual(await election.leader(), 'me');
    await campaign.resign();
  },
  async maintenance() {
    const status = await client.maintenance.status();
    assert.match(status.version, /^3\.\d+\.\d+/);
  },
};

async function main() {
  let failed = 0;
  for (const [name, run] of Object.entries(checks)) {
    try {
      await run();
      console.log('PASS', name);
    } catch (error) {
      ++failed;
      console.log('FAIL', name, error.message);
    }
  }
  client.close();
  process.exit(failed > 0 ? 1 : 0);
}

main();
