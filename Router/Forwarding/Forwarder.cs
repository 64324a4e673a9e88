using Microsoft.AspNetCore.Http.Features;
using Router.Configuration;

namespace Router.Forwarding;

/// <summary>
/// Carries one request to a backend and its answer back.
/// <code>
///              1 header →              2 header, body →
///     client ───────────────→ Router ───────────────────→ backend
///            ←───────────────        ←───────────────────
///              4 header, body ←        3 header, body ←
/// </code>
/// 1 the message for the backend is made from the request; 2 it is sent, and the client's body streams along with it;
/// 3 the answer's header comes in time or not at all; 4 header and body go to the client as they come.
/// Up to the first byte of leg 4 a failure becomes an answer of Router's own; after it, the client's connection is aborted,
/// so that half an answer never looks like a whole one.
/// </summary>
public sealed class Forwarder(TimeProvider time)
{
    /// <summary>Forwards; null when all went well, else what went wrong. The answer has begun where <c>Response.HasStarted</c>.</summary>
    public async ValueTask<ForwardFailure?> ForwardAsync(HttpContext context, Upstream upstream, string pathAndQuery)
    {
        using var limit = new AnswerLimit(time, upstream.Settings.ResponseTimeout, context.RequestAborted);
        using var message = CreateMessage(context, upstream.Settings, pathAndQuery, limit);
        HttpResponseMessage answer;
        try
        {
            answer = await upstream.Client.SendAsync(message, HttpCompletionOption.ResponseHeadersRead, limit.Token).ConfigureAwait(false);
        }
        catch (Exception fault) when (fault is HttpRequestException or OperationCanceledException or IOException)
        {
            var failure = Classify(fault, context, message.Content as RequestBody, limit);
            if (failure is not (ForwardFailure.ClientGone or ForwardFailure.InvalidRequestBody))
                upstream.Failed(failure, time.GetUtcNow());
            return failure;
        }

        using (answer)
        {
            limit.AnswerBegan();
            upstream.Answered(time.GetUtcNow());
            if (!ResponseHeaders.TryCopy(answer, context))
                return ForwardFailure.InvalidAnswer;
            return await CopyBodyAsync(answer, context, limit.Token).ConfigureAwait(false);
        }
    }

    private static HttpRequestMessage CreateMessage(HttpContext context, BackendSettings backend, string pathAndQuery, AnswerLimit limit)
    {
        var request = context.Request;
        var message = new HttpRequestMessage(new HttpMethod(request.Method), RequestUri.Of(backend.Address, pathAndQuery));
        if (context.Features.Get<IHttpRequestBodyDetectionFeature>() is { CanHaveBody: true })
            message.Content = new RequestBody(request, limit, context.RequestAborted);
        else if (request.Headers.ContentLength is 0 || !IsSafe(request.Method))
            // The handler sends a request without content again when a kept connection turns out to be dead. Content keeps it
            // from that: the backend may have carried the first one out. It costs a Content-Length of 0 (RFC 9110 section 8.6).
            message.Content = new EmptyContent();
        RequestHeaders.Copy(context, message, backend);
        return message;
    }

    // RFC 9110 section 9.2.1.
    private static bool IsSafe(string method) => method is "GET" or "HEAD" or "OPTIONS" or "TRACE";

    private static async ValueTask<ForwardFailure?> CopyBodyAsync(HttpResponseMessage answer, HttpContext context, CancellationToken aborted)
    {
        try
        {
            var output = context.Response.BodyWriter;
            using var body = await answer.Content.ReadAsStreamAsync(aborted).ConfigureAwait(false);
            // A read into nothing waits for the first byte and takes none.
            var first = body.ReadAsync(Memory<byte>.Empty, aborted);
            if (!first.IsCompleted)
                // The header must not wait for a body that dribbles. Starting the response alone would not send it.
                await output.FlushAsync(aborted).ConfigureAwait(false);
            await first.ConfigureAwait(false);
            while (await body.ReadAsync(output.GetMemory(), aborted).ConfigureAwait(false) is > 0 and var count)
            {
                output.Advance(count);
                await output.FlushAsync(aborted).ConfigureAwait(false);
            }

            return null;
        }
        catch (Exception fault) when (fault is HttpRequestException or IOException or OperationCanceledException)
        {
            var gone = context.RequestAborted.IsCancellationRequested;
            context.Abort();
            return gone ? ForwardFailure.ClientGone : ForwardFailure.BrokenInAnswer;
        }
    }

    private static ForwardFailure Classify(Exception fault, HttpContext context, RequestBody? body, AnswerLimit limit)
    {
        if (context.RequestAborted.IsCancellationRequested)
            return ForwardFailure.ClientGone;
        if (body is { ClientFailed: true })
            return ForwardFailure.InvalidRequestBody;
        if (limit.Expired)
            return ForwardFailure.AnswerTimeout;
        if (fault is OperationCanceledException)
            // The only other one who cancels is the handler itself, when connecting takes too long.
            return ForwardFailure.ConnectTimeout;
        return (fault as HttpRequestException)?.HttpRequestError switch
        {
            HttpRequestError.NameResolutionError => ForwardFailure.NameNotResolved,
            HttpRequestError.ConnectionError => ForwardFailure.ConnectFailed,
            HttpRequestError.SecureConnectionError => ForwardFailure.TlsFailed,
            HttpRequestError.InvalidResponse or HttpRequestError.ConfigurationLimitExceeded or HttpRequestError.HttpProtocolError
                or HttpRequestError.VersionNegotiationError => ForwardFailure.InvalidAnswer,
            _ => ForwardFailure.BrokenBeforeAnswer,
        };
    }
}
