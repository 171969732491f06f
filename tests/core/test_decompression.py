"""Bodies of answers are decompressed in bounded steps, by one coding, to their end."""

from __future__ import annotations

import contextlib
import gzip
import itertools
import tracemalloc
import zlib
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from buildkite_ext import InvalidResponse, ResponseLost
from buildkite_ext._decompression import Decompressor

from .fakes import App, Body, FakeClock, Flavor, answer, build


def gzipped(data: bytes, level: int = 9) -> bytes:
    """Compress data in the same way at any time: a test's name must be the same in each worker."""
    return gzip.compress(data, level, mtime=0)


def packed(body: bytes, form: str) -> bytes:
    """Compress `body` in one of the forms that servers send."""
    if form == "gzip":
        return gzipped(body)
    if form == "members":
        half = len(body) // 2
        return gzipped(body[:half]) + gzipped(body[half:])
    deflate = zlib.compressobj(wbits=zlib.MAX_WBITS if form == "zlib" else -zlib.MAX_WBITS)
    return deflate.compress(body) + deflate.flush()


FORMS = ("gzip", "members", "zlib", "raw")


def unpacked(data: bytes, form: str, cuts: list[int]) -> bytes:
    decompressor = Decompressor("gzip" if form in ("gzip", "members") else "deflate")
    edges = [0, *sorted(cut % (len(data) + 1) for cut in cuts), len(data)]
    pieces = [piece for start, end in itertools.pairwise(edges) for piece in decompressor.feed(data[start:end])]
    decompressor.finish()
    assert all(0 < len(piece) <= 256 * 1024 for piece in pieces)
    return b"".join(pieces)


@given(
    body=st.one_of(st.binary(), st.integers(0, 3_000_000).map(bytes)),
    form=st.sampled_from(FORMS),
    cuts=st.lists(st.integers(0, 10_000), max_size=6),
)
def test_every_form_in_any_pieces_gives_the_body(body: bytes, form: str, cuts: list[int]) -> None:
    assert unpacked(packed(body, form), form, cuts) == body


@given(
    body=st.binary(max_size=300), form=st.sampled_from(FORMS), missing=st.integers(1, 400), cuts=st.lists(st.integers())
)
def test_a_body_whose_end_is_missing_never_passes(body: bytes, form: str, missing: int, cuts: list[int]) -> None:
    data = packed(body, form)
    left = data[: max(1, len(data) - missing)]
    if form == "members" and left == gzipped(body[: len(body) // 2]):
        return  # a whole member is a whole body
    with pytest.raises(httpx.DecodingError):
        unpacked(left, form, cuts)


@given(data=st.binary(max_size=200), form=st.sampled_from(FORMS))
def test_any_bytes_give_a_body_or_a_decoding_error(data: bytes, form: str) -> None:
    with contextlib.suppress(httpx.DecodingError):
        unpacked(data, form, [])


def coded(coding: str, *pieces: bytes) -> httpx.Response:
    return httpx.Response(200, headers={"Content-Encoding": coding}, stream=Body(*pieces))


TWICE = gzipped(gzipped(bytes(50_000_000)))


@pytest.mark.parametrize(
    ("coding", "body"),
    [
        ("gzip, gzip", TWICE),
        ("gzip,identity,deflate", TWICE),
        ("br", b"x"),
        ("zstd", b"x"),
        ("gzip gzip", TWICE),
    ],
)
async def test_several_codings_and_strange_ones_are_refused(flavor: Flavor, coding: str, body: bytes) -> None:
    app = App(coded(coding, body))
    with pytest.raises(InvalidResponse, match="only one of gzip, deflate was asked for"):
        await flavor.call(flavor.client(app).builds.get, "web", 7)
    assert len(app.requests) == 1
    assert app.requests[0].headers["Accept-Encoding"] == "gzip, deflate"


async def test_two_headers_are_several_codings(flavor: Flavor) -> None:
    twice = [("Content-Encoding", "gzip"), ("Content-Encoding", "gzip")]
    app = App(lambda _: httpx.Response(200, headers=twice, stream=Body(TWICE)))
    with pytest.raises(InvalidResponse, match="'gzip, gzip'"):
        await flavor.call(flavor.client(app).builds.get, "web", 7)


@pytest.mark.parametrize("form", FORMS)
async def test_a_body_that_grows_beyond_the_limit_takes_no_more_memory(flavor: Flavor, form: str) -> None:
    bomb = packed(bytes(30_000_000), form)
    app = App(coded("gzip" if form in ("gzip", "members") else "deflate", bomb))
    client = flavor.client(app, max_body=1_000_000)
    tracemalloc.start()
    try:
        with pytest.raises(InvalidResponse, match="larger than 1000000 bytes"):
            await flavor.call(client.builds.get, "web", 7)
        assert tracemalloc.get_traced_memory()[1] < 10_000_000
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("form", FORMS)
async def test_a_body_that_is_cut_off_is_lost(flavor: Flavor, clock: FakeClock, form: str) -> None:
    data = packed(answer(build(7)).content, form)
    coding = "gzip" if form in ("gzip", "members") else "deflate"
    cut = coded(coding, data[:-1])
    found = await flavor.call(flavor.client(App(cut, coded(coding, data)), clock=clock).builds.get, "web", 7)
    assert (found.number, len(clock.sleeps)) == (7, 1)
    with pytest.raises(ResponseLost, match="the end of the compressed body is missing"):
        await flavor.call(flavor.client(App(cut), retry=None).builds.get, "web", 7)


async def test_the_generated_functions_decompress_once(flavor: Flavor) -> None:
    from buildkite_api.api.builds import get_build

    client: Any = flavor.client(App(coded("x-gzip", gzipped(answer(build(7)).content))))
    call: Any = get_build.sync if flavor.blocking else get_build.asyncio
    assert (await flavor.call(call, "acme", "web", 7, client=client.raw)).number == 7
