using System.Runtime.CompilerServices;
using System.Security.Cryptography;
using System.Threading.RateLimiting;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core.Features;
using Router.Configuration;
using Router.Headers;
using Router.Http;
using Router.Http.Http1;
using Router.Modes;
using Router.Proxy.InFlight;
using Router.Upstreams;

namespace Router.Proxy;

/// <summary>
/// Forwards one request to a backend and the response to the client.
/// <code>
///              1 header →              2 header, body →
///     client ───────────────→ Router ───────────────────→ backend
///            ←───────────────        ←───────────────────
///              4 header, body ←        3 header, body ←
/// </code>
/// 1 Router builds the backend request from the client's request. 2 Router sends it; the client's body is streamed along. 3 The response
/// headers must arrive within the deadline. 4 Headers and body are passed to the client as they arrive. Until the first byte of leg 4 is
/// sent, a failure becomes an error response from Router. After that, Router aborts the client's connection, so that a truncated response
/// never looks complete.
/// </summary>
public sealed partial class Forwarder(
    UpgradedConnections upgraded,
    ConnectionClosing ending,
    ModeController modes,
    RouterSettings settings,
    TimeProvider time,
    ILogger<Forwarder> logger
)
{
    /// <summary>
    /// Forwards a request. Returns null on success, otherwise the failure. <c>Response.HasStarted</c> tells whether the response has
    /// started.
    /// </summary>
    /// <param name="context">The server's view of it.</param>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    public async ValueTask<ForwardFailure?> ForwardAsync(HttpContext context, RequestContext request)
    {
        var upstream = request.Upstream!;
        // The time that a request was held is not the backend's.
        var began = request.HeldSince is null ? request.Arrived : time.GetTimestamp();
        using var deadline = new RequestDeadline(time, upstream.Settings, context, began);
        request.SetDeadline(deadline);
        ForwardedRequest? message = null;
        try
        {
            request.Permit ??= upstream.TryTakePermit() ?? await WaitForPermitAsync(upstream, deadline).ConfigureAwait(false);
            if (request.Permit is null)
                return ForwardFailure.Overloaded;
            message = CreateMessage(context, request, deadline);
            request.Sending(message.HeaderList);
            // As SendWithRetriesAsync does, whose own state would cost each request 2 %.
            HttpResponseMessage response;
            try
            {
                response = await upstream.SendAsync(message).ConfigureAwait(false);
            }
            catch (BackendException failed) when (upstream.MayRetry(failed, message))
            {
                response = await upstream.RetryAsync(failed, message).ConfigureAwait(false);
            }

            using (response)
            {
                var now = time.GetTimestamp();
                deadline.ResponseStarted(now);
                upstream.ResponseStarted(now);
                request.ResponseStarted(now);
                var failure = await PassOnAsync(context, request, message, response, deadline).ConfigureAwait(false);
                if (failure is null)
                    request.Completed();
                return failure;
            }
        }
        catch (Exception error)
        {
            if (error is BackendException { NotBegun: true } && message?.MayHaveBegunBefore != true)
                request.MarkNotBegun();
            var failure = Classify(error, context, message?.ClientBody, deadline);
            if (failure == ForwardFailure.InternalError)
                LogInternalError(error, upstream.Settings.Name, request.Route.Name);
            else
                ReportRule(error, failure, upstream);
            // A request that had not started was not cut.
            if (failure == ForwardFailure.Cut && !request.HasBegun)
                failure = ForwardFailure.Closed;
            request.MayStartOver = failure == ForwardFailure.Closed && message?.ClientBody is null or { HasBegun: false };
            if (ForwardFailures.IsOfTheBackend(failure))
                upstream.Failed(failure);
            // A truncated response must not look complete, and Router's error response must contain nothing of the backend's.
            if (context.Response.HasStarted || failure == ForwardFailure.ClientGone)
                context.Abort();
            else
                context.Response.Clear();
            return failure;
        }
        finally
        {
            // The server reuses the request when this method returns: nothing may still be reading it.
            if (message?.ClientBody is { } body)
            {
                await body.StopAsync().ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                // The client's connection broke while its body was read. After an early response the server would drain the body, find its
                // reader in the middle of that read, and log an error.
                if (IsConnectionError(body.ClientError))
                    context.Abort();
            }

            request.Ended();
            message?.Dispose();
            request.ReturnPermit();
        }
    }

    private ForwardedRequest CreateMessage(HttpContext context, RequestContext request, RequestDeadline deadline)
    {
        var (http, backend) = (context.Request, request.Upstream!.Settings);
        var isExtendedConnect = context.WebSocketOverHttp2() is not null;
        if (backend.Http2 && isExtendedConnect)
            throw new BackendException(ForwardFailure.InvalidRequest, notBegun: true);
        var upgrade =
            backend.Http2 ? null
            : isExtendedConnect ? "websocket"
            : UpgradeOf(context);
        if (upgrade is not null)
            deadline.RequireInput();
        // RFC 8441 section 5: HTTP/2 requests a WebSocket with CONNECT, HTTP/1.1 with GET.
        var method = isExtendedConnect ? HttpMethod.Get : MethodOf(http.Method);
        var message = new ForwardedRequest(
            method,
            request.PathAndQuery,
            backend.Kind,
            modes,
            deadline,
            http.Headers.Count + RequestHeaders.UsuallyAdded
        )
        {
            RequestUri = backend.Addresses.All[0],
            Client = request,
            Upgrade = upgrade,
            ExpectsContinue = HopByHopHeaders.IsNamedBy(http.Headers.Expect, "100-continue"),
        };
        if (upgrade is null && context.Feature<IHttpRequestBodyDetectionFeature>() is { CanHaveBody: true })
        {
            if (HttpProtocol.IsHttp2(http.Protocol))
                LimitHttp2Upload(context, deadline);
            message.Content = new RequestBody(context, request, deadline, modes);
        }
        else if (http.Headers.ContentLength is 0 || (upgrade is null && !backend.Http2 && MustSendZeroLength(http)))
        {
            message.Content = new EmptyContent(isDeclared: true);
        }

        RequestHeaders.Copy(context, message, backend, request, settings.Limits);
        if (isExtendedConnect)
            message.HeaderList.Add("Sec-WebSocket-Key", Convert.ToBase64String(RandomNumberGenerator.GetBytes(16)));
        return message;
    }

    // In HTTP/2 the HEADERS frame can state that no body follows. In HTTP/1.1 only a Content-Length can, for methods that give a body a
    // meaning (RFC 9110 section 8.6). A request that arrived over HTTP/1.1 is forwarded as it was sent.
    private static bool MustSendZeroLength(HttpRequest request) =>
        request.Method is "POST" or "PUT" or "PATCH" && HttpProtocol.IsHttp2(request.Protocol);

    // The server's own limit would end the connection and every other request on it. The messages of a gRPC call arrive at arbitrary times:
    // only the backend's IdleTimeout limits their pauses.
    private void LimitHttp2Upload(HttpContext context, RequestDeadline deadline)
    {
        context.Feature<IHttpMinRequestBodyDataRateFeature>()?.MinDataRate = null;
        var type = context.Request.ContentType.AsSpan();
        if (!type.StartsWith("application/grpc", StringComparison.OrdinalIgnoreCase))
            deadline.LimitUpload(settings.Limits.MinDataRate);
    }

    private static HttpMethod MethodOf(string method) =>
        method switch
        {
            "GET" => HttpMethod.Get,
            "POST" => HttpMethod.Post,
            "HEAD" => HttpMethod.Head,
            "PUT" => HttpMethod.Put,
            "DELETE" => HttpMethod.Delete,
            "OPTIONS" => HttpMethod.Options,
            "PATCH" => HttpMethod.Patch,
            _ => new HttpMethod(method),
        };

    /// <summary>Whether the client requests another protocol, such as a WebSocket. Such a connection may then carry anything.</summary>
    public static bool AsksForUpgrade(HttpContext context) => context.WebSocketOverHttp2() is not null || UpgradeOf(context) is not null;

    private static string? UpgradeOf(HttpContext context)
    {
        var protocol = context.Request.Headers.Upgrade.ToString();
        // An upgrade to HTTP/2 is ignored: it would let requests pass that Router could not inspect one by one.
        // An upgrade with a request body is ignored too, as RFC 9110 section 7.8 permits, and nothing is lost by that.
        return
            protocol is ""
            || context.Feature<IHttpUpgradeFeature>() is not { IsUpgradableRequest: true }
            || RequestFraming.DeclaresBody(context.Request)
            || protocol.Contains("h2c", StringComparison.OrdinalIgnoreCase)
            ? null
            : protocol;
    }

    private async ValueTask<ForwardFailure?> PassOnAsync(
        HttpContext context,
        RequestContext request,
        ForwardedRequest message,
        HttpResponseMessage response,
        RequestDeadline deadline
    )
    {
        var status = (int)response.StatusCode;
        if (request.ErrorPage is { } page && page.Covers(status))
            return await PassPageOnAsync(context, request, page, response, deadline).ConfigureAwait(false);
        // A success status would tell an RFC 8441 section 5 client that its WebSocket is open.
        if (message.Upgrade is not null && context.WebSocketOverHttp2() is not null && response.IsSuccessStatusCode)
            return ForwardFailure.InvalidResponse;
        if (
            response is not BackendResponse
            && status is 204 or 205 or 304
            && await HasContentAsync(response, deadline).ConfigureAwait(false)
        )
        {
            LogRule(request.Upstream!.Settings.Name, $"it has content although its status is {status} (RFC 9110 section 15)");
            return ForwardFailure.InvalidResponse;
        }

        if (!ResponseHeaders.TryCopy(response, context))
        {
            LogRule(request.Upstream!.Settings.Name, "a header has an invalid character (RFC 9110 sections 5.1 and 5.5)");
            return ForwardFailure.InvalidResponse;
        }

        request.HeaderRules.Apply(context, response);
        if (status == StatusCodes.Status101SwitchingProtocols)
        {
            deadline.Lift();
            LimitHttp2Download(context, deadline);
            return await upgraded.RunAsync(context, request.Upstream!, message, response, deadline).ConfigureAwait(false);
        }

        // Nothing has been sent to the client yet, and there is no client left to send it to.
        if (deadline.ClientIsGone)
            return ForwardFailure.ClientGone;
        ending.Announce(context);
        await CopyBodyAsync(response, context, request, deadline).ConfigureAwait(false);
        // The end of the stream completes a body without a length, and the server sends that after this method returns.
        return deadline.ClientIsGone && context.Response.ContentLength is null && context.Response.Headers.TransferEncoding.Count == 0
            ? ForwardFailure.ClientGone
            : null;
    }

    // Over HTTP/2 the end of the stream marks the end of a body, whatever the status: the framework exposes content even for a response
    // that cannot have any.
    private static async ValueTask<bool> HasContentAsync(HttpResponseMessage response, RequestDeadline deadline)
    {
        var body = await response.Content.ReadAsStreamAsync(deadline.Token).ConfigureAwait(false);
        return await body.ReadAsync(new byte[1], deadline.Token).ConfigureAwait(false) > 0;
    }

    // The server's own limit is for the whole connection.
    private void LimitHttp2Download(HttpContext context, RequestDeadline deadline)
    {
        if (HttpProtocol.IsHttp2(context.Request.Protocol))
            deadline.LimitDownload(settings.Limits.MinDataRate, settings.Limits.ResponseGrace);
    }

    private ValueTask CopyBodyAsync(HttpResponseMessage response, HttpContext context, RequestContext request, RequestDeadline deadline)
    {
        LimitHttp2Download(context, deadline);
        return ResponseBody.CopyAsync(
            response,
            Compression.NegotiateCoding(context, request.Route.Compression),
            context,
            deadline,
            request
        );
    }

    // If the page cannot be fetched, the original error response is still there: less presentable, but correct.
    private async ValueTask<ForwardFailure?> PassPageOnAsync(
        HttpContext context,
        RequestContext request,
        ErrorPage page,
        HttpResponseMessage error,
        RequestDeadline deadline
    )
    {
        page.Upstream.IncrementInFlight();
        try
        {
            using var message = new ForwardedRequest(
                context.Request.Method is "HEAD" ? HttpMethod.Head : HttpMethod.Get,
                page.Settings.Path,
                page.Upstream.Settings.Kind,
                modes,
                deadline,
                context.Request.Headers.Count + RequestHeaders.UsuallyAdded
            )
            {
                RequestUri = page.Upstream.Settings.Addresses.All[0],
            };
            RequestHeaders.Copy(context, message, page.Upstream.Settings, request, limits: null);
            HttpResponseMessage? response = null;
            try
            {
                if (await SwapPermitAsync(request, page.Upstream, deadline).ConfigureAwait(false))
                    response = await page.Upstream.SendWithRetriesAsync(message).ConfigureAwait(false);
            }
            catch (BackendException failed)
            {
                if (ForwardFailures.IsOfTheBackend(failed.Failure))
                    page.Upstream.Failed(failed.Failure);
                ReportRule(failed, failed.Failure, page.Upstream);
            }

            using (response)
            {
                if (!ResponseHeaders.TryCopy(response ?? error, context))
                    return ForwardFailure.InvalidResponse;
                ResponseHeaders.CopyStatus(error, context);
                request.HeaderRules.Apply(context, response ?? error);
                ending.Announce(context);
                await CopyBodyAsync(response ?? error, context, request, deadline).ConfigureAwait(false);
                return null;
            }
        }
        finally
        {
            page.Upstream.DecrementInFlight();
        }
    }

    // The request to the backend that returned the error is finished: the rest of its response is already in transit.
    private static async ValueTask<bool> SwapPermitAsync(RequestContext request, Upstream next, RequestDeadline deadline)
    {
        request.ReturnPermit();
        request.Permit = next.TryTakePermit() ?? await WaitForPermitAsync(next, deadline).ConfigureAwait(false);
        return request.Permit is not null;
    }

    private static async ValueTask<RateLimitLease?> WaitForPermitAsync(Upstream upstream, RequestDeadline deadline)
    {
        var waiting = upstream.WaitForPermitAsync(deadline.Token);
        if (waiting.IsCompleted)
            return await waiting.ConfigureAwait(false);
        // A queued request must not be forwarded for a client that has disconnected in the meantime.
        deadline.RequireInput();
        try
        {
            return await waiting.ConfigureAwait(false);
        }
        finally
        {
            deadline.AllowHalfClose();
        }
    }

    private static ForwardFailure Classify(Exception error, HttpContext context, RequestBody? body, RequestDeadline deadline)
    {
        if (body?.ClientError is BadHttpRequestException { StatusCode: StatusCodes.Status413PayloadTooLarge })
            return ForwardFailure.RequestBodyTooLarge;
        if (body?.ClientError is BadHttpRequestException { StatusCode: StatusCodes.Status408RequestTimeout })
            return ForwardFailure.RequestBodyTooSlow;
        // The server detects a client's disconnect in its body first, and signals RequestAborted a moment later.
        if (deadline.ClientIsGone || context.RequestAborted.IsCancellationRequested || IsConnectionError(body?.ClientError))
            return ForwardFailure.ClientGone;
        if (body is { ClientFailed: true })
            return ForwardFailure.InvalidRequestBody;
        if (deadline.Expired is { } expired)
            return expired;
        if (error is not (HttpRequestException or OperationCanceledException or IOException))
            return ForwardFailure.InternalError;
        if (context.Response.HasStarted)
            return ForwardFailure.BrokenInResponse;
        return error switch
        {
            BackendException known => known.Failure,
            IOException { InnerException: InvalidDataException } => ForwardFailure.InvalidResponse,
            HttpRequestException { HttpRequestError: HttpRequestError.InvalidResponse or HttpRequestError.HttpProtocolError } =>
                ForwardFailure.InvalidResponse,
            HttpRequestException { HttpRequestError: HttpRequestError.SecureConnectionError } => ForwardFailure.TlsFailed,
            _ => ForwardFailure.BrokenBeforeResponse,
        };
    }

    // A violation of HTTP's rules has its own exception type, which also derives from IOException. A chunk size that is too large for the
    // server causes a plain IOException.
    private static bool IsConnectionError(Exception? error) =>
        error is IOException { InnerException: not OverflowException } and not BadHttpRequestException or OperationCanceledException;

    // The application's team needs this to fix the backend.
    private void ReportRule(Exception error, ForwardFailure failure, Upstream upstream)
    {
        if (failure is ForwardFailure.InvalidResponse or ForwardFailure.BrokenInResponse && Http1Violations.Of(error) is { } rule)
            LogRule(upstream.Settings.Name, rule);
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "Backend {Backend} sent a response that cannot be forwarded: {Rule}")]
    private partial void LogRule(string backend, string rule);

    [LoggerMessage(Level = LogLevel.Error, Message = "Router failed while it forwarded a request (backend {Backend}, route {Route})")]
    private partial void LogInternalError(Exception error, string backend, string route);
}
