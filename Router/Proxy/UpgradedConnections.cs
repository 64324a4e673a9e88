using System.Net.Sockets;
using Microsoft.AspNetCore.Http.Features;
using Router.Headers;
using Router.Http;
using Router.Http.Http1;
using Router.Modes;
using Router.Proxy.InFlight;
using Router.Upstreams;

namespace Router.Proxy;

/// <summary>
/// Upgraded connections (RFC 9110 section 7.8; RFC 6455; RFC 8441): bytes are forwarded in both directions until one side ends. When Router
/// stops, it notifies WebSockets with a close frame; when the mode closes their backend, all upgraded connections must end.
/// </summary>
public sealed class UpgradedConnections(ModeController modes, IHostApplicationLifetime lifetime)
{
    // RFC 6455 section 7.4.1: the endpoint is going away.
    private const ushort GoingAway = 1001;

    // The registry of RFC 6455 section 11.7: service restart. The client may reconnect after a delay.
    private const ushort ServiceRestart = 1012;

    // How long a peer may take to reply to a close frame, or to end after the other side has ended.
    private static readonly TimeSpan CloseTimeout = TimeSpan.FromSeconds(2);

    /// <summary>
    /// Upgrades the client's connection too and forwards both directions; null if both sides ended the connection properly.
    /// </summary>
    public async ValueTask<ForwardFailure?> RunAsync(
        HttpContext context,
        Upstream upstream,
        ForwardedRequest message,
        HttpResponseMessage response,
        RequestDeadline deadline
    )
    {
        var protocol = message.Upgrade!;
        var backend = (Http1UpgradedStream)await response.Content.ReadAsStreamAsync(deadline.Token).ConfigureAwait(false);
        await using (backend.ConfigureAwait(false))
        {
            var client = await AcceptAsync(context, protocol, response).ConfigureAwait(false);
            var isWebSocket = protocol.Equals("websocket", StringComparison.OrdinalIgnoreCase);
            upstream.CountUpgraded(1);
            try
            {
                return await CarryAsync(client, backend, isWebSocket, message.Client!, deadline).ConfigureAwait(false);
            }
            finally
            {
                upstream.CountUpgraded(-1);
            }
        }
    }

    private static async ValueTask<Stream> AcceptAsync(HttpContext context, string protocol, HttpResponseMessage response)
    {
        if (context.WebSocketOverHttp2() is { } connect)
        {
            // RFC 8441 section 5: the response is 200, without a key to verify.
            context.Response.StatusCode = StatusCodes.Status200OK;
            context.Response.Headers.Remove("Sec-WebSocket-Accept");
            return await connect.AcceptAsync().ConfigureAwait(false);
        }

        context.Response.Headers.Upgrade = response is BackendResponse { Head.Upgrade: { Count: > 0 } upgrade }
            ? upgrade.ToString()
            : protocol;
        return await context.Feature<IHttpUpgradeFeature>()!.UpgradeAsync().ConfigureAwait(false);
    }

    private async ValueTask<ForwardFailure?> CarryAsync(
        Stream client,
        Http1UpgradedStream backend,
        bool isWebSocket,
        RequestContext request,
        RequestDeadline deadline
    )
    {
        var aborted = deadline.Token;
        using var end = new CancellationTokenSource();
        // A protocol that Router does not know has no message for a clean close: at shutdown Router leaves such a connection to the server.
        using var closingSource = isWebSocket
            ? CancellationTokenSource.CreateLinkedTokenSource(lifetime.ApplicationStopping)
            : new CancellationTokenSource();
        var closing = closingSource.Token;
        request.Upgraded(closingSource);
        // A server's frames are not masked; a client's are (RFC 6455 section 5.1).
        var frames = isWebSocket ? closing : CancellationToken.None;
        using var toClient = new UpgradedDirection(backend, client, CloseCode, masked: false, frames, taker: deadline);
        using var toBackend = new UpgradedDirection(client, backend, CloseCode, masked: true, frames, isOver: () => modes.State.IsLapsed);
        var down = toClient.CopyAsync(end.Token);
        var up = toBackend.CopyAsync(end.Token);
        // At shutdown both sides are notified. Data that a client sent before it disconnected may still be in transit and is forwarded, but
        // only for a limited time.
        using var stopping = closing.UnsafeRegister(static state => ((CancellationTokenSource)state!).CancelAfter(CloseTimeout), end);
        using var gone = aborted.UnsafeRegister(static state => ((CancellationTokenSource)state!).CancelAfter(CloseTimeout), end);
        try
        {
            var first = await Task.WhenAny(down, up).ConfigureAwait(false);
            if (first == down ? down.IsFaulted && toClient.SourceBroke : up.IsFaulted && !toBackend.SourceBroke)
                return ForwardFailure.BrokenInResponse;
            if (!down.IsCompletedSuccessfully)
                return await FinishAsync(up, down, toClient, backend, request, end).ConfigureAwait(false);
            if (closing.IsCancellationRequested)
                await ((Task)up).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            // A backend that ends without the closing handshake (RFC 6455 section 7.1.1) was not finished: it may have crashed during its
            // work.
            if (isWebSocket && !toClient.SourceHasClosed && !toBackend.HasAskedToClose)
                return ForwardFailure.BrokenInResponse;
            request.Completed();
            return null;
        }
        catch (OperationCanceledException) when (end.IsCancellationRequested)
        {
            return request.MustClose ? ForwardFailure.Cut
                : lifetime.ApplicationStopping.IsCancellationRequested ? ForwardFailure.Stopped
                : ForwardFailure.ClientGone;
        }
        catch (Exception error) when (error is IOException or SocketException or ObjectDisposedException or OperationCanceledException)
        {
            return aborted.IsCancellationRequested || toBackend.SourceBroke ? ForwardFailure.ClientGone : ForwardFailure.BrokenInResponse;
        }
        finally
        {
            await end.CancelAsync().ConfigureAwait(false);
            await backend.DisposeAsync().ConfigureAwait(false);
            await Task.WhenAll(down, up).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            request.CountSent(toClient.Copied);
            // Whatever failed after that does not matter: the backend has declared that it is done.
            if (toClient.SourceHasClosed)
                request.Completed();
        }

        ushort CloseCode() => request.MustClose ? ServiceRestart : GoingAway;
    }

    // The client has ended, cleanly or not. The backend is notified and has a moment to send the rest and to close: then it has finished
    // processing what it received.
    private static async ValueTask<ForwardFailure?> FinishAsync(
        Task up,
        Task down,
        UpgradedDirection toClient,
        Http1UpgradedStream backend,
        RequestContext request,
        CancellationTokenSource end
    )
    {
        end.CancelAfter(CloseTimeout);
        // Over TLS the notification is written, and a backend that no longer reads would never take it.
        await backend.FinishWritingAsync().AsTask().WaitAsync(end.Token).ConfigureAwait(false);
        await down.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (!down.IsCompletedSuccessfully)
        {
            if (toClient.SourceBroke)
                return ForwardFailure.BrokenInResponse;
            await toClient.DrainAsync(end.Token).ConfigureAwait(false);
        }

        request.Completed();
        return up.IsFaulted || down.IsFaulted ? ForwardFailure.ClientGone : null;
    }
}
