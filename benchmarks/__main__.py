"""Everything at once: `make bench`."""

from __future__ import annotations

from . import decode, follow, footprint, imports, listing, webhooks, webhooks_receiver, webhooks_redis


def main() -> None:
    """Run each benchmark and print what it took, and how many times what it is compared with took."""
    for title, measure in (
        ("Import, beside `import httpx`", imports.measure),
        ("Decoding a page of 100 builds with 30 jobs each, beside json.loads", decode.measure),
        ("1,000 webhooks verified and parsed, beside HMAC and json.loads of them", webhooks.measure),
        ("The whole API on disk", footprint.measure),
        (
            "1,000 signed webhooks of 6 KB received, beside a Starlette route that does nothing",
            webhooks_receiver.measure,
        ),
        ("A log followed while it grows, beside its size", follow.measure),
        ("2,000 builds over 20 pages at 100 ms latency, beside httpx by hand", listing.measure),
        (
            "10,000 webhook deliveries of 6 KB over Redis, one process each way, beside redis-py by hand",
            webhooks_redis.measure,
        ),
    ):
        print(f"\n{title}", flush=True)
        for row in measure():
            print(row, flush=True)
        if measure is footprint.measure:
            print(footprint.wheel(), flush=True)


if __name__ == "__main__":
    main()
