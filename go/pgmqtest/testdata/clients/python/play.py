"""Plays with pgmq through the Python client of its authors, and prints what it gets: a line a call, times left out."""

import json
import sys
from datetime import datetime, timedelta, timezone
from urllib.parse import urlsplit

from pgmq import PGMQueue

url = urlsplit(sys.argv[1])
queue = PGMQueue(host=url.hostname, port=str(url.port), database=url.path[1:], username=url.username,
                 password=url.password, init_extension=False)


def plain(value):
    if isinstance(value, list):
        return [plain(each) for each in value]
    if isinstance(value, datetime):
        return "a time"
    return {name: plain(each) for name, each in vars(value).items()} if hasattr(value, "__dict__") else value


def show(name, call):
    try:
        told = plain(call())
    except Exception as error:  # what the server says is part of the play
        told = {"error": type(error).__name__, "sqlstate": getattr(error, "sqlstate", None), "says": str(error).split("\n")[0]}
    if isinstance(told, dict):
        told = {name: each for name, each in told.items() if not name.endswith("_age_sec")}
    print(name, json.dumps(told, sort_keys=True, default=str))


show("create", lambda: queue.create_queue("orders"))
show("create unlogged", lambda: queue.create_queue("quick", unlogged=True))
show("create again", lambda: queue.create_queue("orders"))
show("create with a bad name", lambda: queue.create_queue("a;b"))
show("create partitioned", lambda: queue.create_partitioned_queue("parts", 1000, 10000))
show("list", lambda: queue.list_queues())
show("validate", lambda: queue.validate_queue_name("x" * 48))
show("send", lambda: queue.send("orders", {"order": 1}))
show("send with headers", lambda: queue.send("orders", {"order": 2}, headers={"trace": "a"}))
show("send later", lambda: queue.send("orders", {"order": 3}, delay=3600))
show("send at a time", lambda: queue.send("orders", {"order": 4}, delay=datetime.now(timezone.utc) + timedelta(hours=1)))
show("send a batch", lambda: queue.send_batch("orders", [{"order": n} for n in range(5, 10)]))
show("send a batch with headers", lambda: queue.send_batch("orders", [{"order": 10}, {"order": 11}], headers=[{"n": 1}, {"n": 2}], delay=0))
show("send to nowhere", lambda: queue.send("nowhere", {"order": 0}))
show("read", lambda: queue.read("orders", vt=60))
show("read several", lambda: queue.read("orders", vt=60, qty=3))
show("read on a condition", lambda: queue.read("orders", vt=60, qty=3, conditional={"order": 11}))
show("read and poll", lambda: queue.read_with_poll("orders", vt=60, qty=2, max_poll_seconds=1))
show("poll in vain", lambda: queue.read_with_poll("quick", qty=1, max_poll_seconds=1, poll_interval_ms=50))
show("set_vt", lambda: queue.set_vt("orders", 1, 0))
show("set_vt of several", lambda: queue.set_vt("orders", [1, 2, 99], 0))
show("set_vt to a time", lambda: queue.set_vt("orders", 2, datetime.now(timezone.utc) + timedelta(hours=1)))
show("read again", lambda: queue.read("orders", vt=60))
show("pop", lambda: queue.pop("orders"))
show("pop several", lambda: queue.pop("orders", 2))
show("delete", lambda: [queue.delete("orders", 1), queue.delete("orders", 1)])
show("delete several", lambda: queue.delete_batch("orders", [2, 3, 99]))
show("archive", lambda: [queue.archive("orders", 4), queue.archive("orders", 4)])
show("archive several", lambda: queue.archive_batch("orders", [5, 6, 99]))
show("metrics", lambda: queue.metrics("orders"))
show("metrics of all", lambda: [metrics.queue_name for metrics in queue.metrics_all()])
show("notify", lambda: queue.enable_notify("orders", 500))
show("notify less", lambda: queue.update_notify("orders", 900))
show("who is notified", lambda: queue.list_notify_throttles())
show("notify no more", lambda: queue.disable_notify("orders"))
show("detach the archive", lambda: queue.detach_archive("orders"))
show("purge", lambda: queue.purge("orders"))
show("drop", lambda: [queue.drop_queue("orders"), queue.drop_queue("orders")])
queue.close()
