"""OpenStack's object store with its S3 API: account, container, object and proxy server in one process.

object-server.py FOLDER prints the port when it listens. The user is `test:tester`, the key `testing`.
"""
import os
import sys

import eventlet
from eventlet import wsgi

from swift.common import utils

utils.eventlet_monkey_patch()
folder = sys.argv[1]
os.makedirs(f'{folder}/devices/d1')
with open(f'{folder}/swift.conf', 'w') as conf:
    conf.write('[swift-hash]\nswift_hash_path_prefix = a\nswift_hash_path_suffix = b\n')
utils.set_swift_dir(folder)

from swift.common.ring import RingBuilder  # noqa: E402
from swift.common.wsgi import loadapp  # noqa: E402

common = f'[DEFAULT]\nswift_dir = {folder}\ndevices = {folder}/devices\nmount_check = false\nlog_level = ERROR\n'


def listen(name, conf, port_of=None):
    path = f'{folder}/{name}.conf'
    with open(path, 'w') as file:
        file.write(common + conf)
    app = loadapp(path, global_conf={'log_name': name})
    sock = port_of or eventlet.listen(('127.0.0.1', 0))
    eventlet.spawn(wsgi.server, sock, app, log=open(os.devnull, 'w'), log_output=False)


for kind in ('account', 'container', 'object'):
    sock = eventlet.listen(('127.0.0.1', 0))
    ring = RingBuilder(0, 1, 0)
    ring.add_dev({'id': 0, 'region': 1, 'zone': 1, 'ip': '127.0.0.1', 'port': sock.getsockname()[1],
                  'device': 'd1', 'weight': 1, 'meta': '', 'replication_ip': '127.0.0.1',
                  'replication_port': sock.getsockname()[1]})
    ring.rebalance(seed=1)
    ring.get_ring().save(f'{folder}/{kind}.ring.gz')
    listen(kind, f'[pipeline:main]\npipeline = {kind}-server\n[app:{kind}-server]\nuse = egg:swift#{kind}\n', sock)

front = eventlet.listen(('127.0.0.1', 0))
listen('proxy', '''[pipeline:main]
pipeline = catch_errors cache s3api tempauth slo proxy-server
[app:proxy-server]
use = egg:swift#proxy
account_autocreate = true
[filter:catch_errors]
use = egg:swift#catch_errors
[filter:cache]
use = egg:swift#memcache
memcache_servers = 127.0.0.1:1
[filter:s3api]
use = egg:swift#s3api
[filter:slo]
use = egg:swift#slo
[filter:tempauth]
use = egg:swift#tempauth
user_test_tester = testing .admin
''', front)
print(front.getsockname()[1], flush=True)
parent = os.getppid()
while os.getppid() == parent:
    eventlet.sleep(1)
