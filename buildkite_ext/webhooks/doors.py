"""The doors by which requests come to a `WebhookHandler`, beside `receive` itself. Each is loaded when it is used."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, cast

if TYPE_CHECKING:
    from .asgi import AsgiApp
    from .receiver import Receiver
    from .wsgi import WsgiApp


class Doors:
    """What a `WebhookHandler` can be made into."""

    @property
    def _receiver(self) -> Receiver:
        return cast("Receiver", self)

    def asgi(self) -> AsgiApp:
        """An ASGI app that answers at any path: for uvicorn or hypercorn, or within Starlette or FastAPI.

        It runs on asyncio, and with `answer="handled"` on trio. Within another app, give that one `lifespan`, and this
        one a route, which answers at exactly the path that Buildkite was told (a mount sends a path without a slash at
        its end elsewhere first):

            app = FastAPI(lifespan=hooks.lifespan)
            app.router.routes.append(Route("/webhooks/buildkite", hooks.asgi()))

        Example:
            >>> from buildkite_ext.webhooks import WebhookHandler
            >>> app = WebhookHandler(secret="s3cret").asgi()

        Documentation: https://asgi.readthedocs.io/en/latest/specs/www.html
        """
        from .asgi import AsgiApp

        return AsgiApp(self._receiver)

    def wsgi(self) -> WsgiApp:
        """A WSGI app that answers at any path: for gunicorn or uWSGI, or beside a Flask app.

        Handlers run in a thread of their own, see `receive_blocking`. The server bounds the time that a body may take, as
        `body_timeout` can't: for gunicorn that is `--timeout`, behind a proxy that reads the body first. Each process of
        a server remembers by itself what it accepted: give several of them one `RedisReplays`, or what is sent twice may
        be handled twice.

        Beside a Flask app, at a path:

            from werkzeug.middleware.dispatcher import DispatcherMiddleware

            app.wsgi_app = DispatcherMiddleware(app.wsgi_app, {"/webhooks/buildkite": hooks.wsgi()})

        In a view of Flask's, or of Django's:

            @app.post("/webhooks/buildkite")
            def buildkite() -> flask.typing.ResponseReturnValue:
                return flask.Response.from_app(hooks.wsgi(), flask.request.environ)

            @csrf_exempt
            def buildkite(request: django.http.HttpRequest) -> django.http.HttpResponse:
                client = request.META.get("REMOTE_ADDR")
                answer = hooks.receive_blocking(request.method, request.headers, request.body, client=client)
                return django.http.HttpResponse(answer.body, status=answer.status, headers=answer.headers)

        Example:
            >>> from buildkite_ext.webhooks import WebhookHandler
            >>> app = WebhookHandler(secret="s3cret").wsgi()

        Documentation: https://peps.python.org/pep-3333/
        """
        from .wsgi import WsgiApp

        return WsgiApp(self._receiver)

    def aws_lambda(self, event: Mapping[str, Any], context: object = None) -> dict[str, Any]:  # noqa: ARG002 - Lambda gives it
        """Answer one invocation of AWS Lambda: `handler = hooks.aws_lambda`.

        It takes the events of API Gateway (REST and HTTP APIs), of function URLs, and of an Application Load Balancer
        with and without multi-value headers. Lambda may stop the process as soon as it has answered, so handlers run
        first; with a `RedisStreamSink`, workers elsewhere run them.

        Args:
            event: what Lambda hands over.
            context: likewise; not used.

        Returns:
            The answer in the form that belongs to the event. It never raises for anything that an event may hold.

        Example:
            >>> from buildkite_ext.webhooks import WebhookHandler
            >>> hooks = WebhookHandler(allow_unsigned=True)
            >>> event = {
            ...     "version": "2.0",
            ...     "headers": {"content-type": "application/json"},
            ...     "requestContext": {"http": {"method": "POST", "sourceIp": "192.0.2.7"}},
            ...     "body": '{"event": "ping"}',
            ...     "isBase64Encoded": False,
            ... }
            >>> hooks.aws_lambda(event)["statusCode"]
            200
            >>> hooks.close()

        Documentation: https://docs.aws.amazon.com/lambda/latest/dg/services-apigateway.html
        """
        from .aws import invoke

        return invoke(self._receiver, event)
