// A backend for the original statsd: what the tests read back, one JSON object a
// line. It is written before statsd goes on, so that what statsd has handled is
// there after a SIGKILL; only the last object can be cut by one. A new start begins
// with an empty line, which is how a reader tells.
const fs = require('fs');

exports.init = function (startup, config, events) {
  const write = (record) => fs.appendFileSync(config.record, JSON.stringify(record) + '\n');
  fs.appendFileSync(config.record, '\n\n');
  events.on('packet', (packet) => write({packet: packet.toString('latin1')}));
  events.on('flush', (time, m) => {
    const sets = {};
    for (const key in m.sets) {
      sets[key] = m.sets[key].values();
    }
    write({flush: {counters: m.counters, gauges: m.gauges, timers: m.timers, timer_counters: m.timer_counters, sets: sets}});
  });
  return true;
};
