namespace Router.Http.Http1;

/// <summary>
/// One request and its response on a connection. The body is sent while Router waits for the response and while it reads the response, so
/// that an early response reaches the client and neither side waits for the other without need.
/// </summary>
public sealed class Http1RoundTrip(Http1Pool pool, Http1Connection connection, BackendRequest request)
{
    // Completed when the backend permits sending the body; null if nothing waits for that.
    private TaskCompletionSource? _continueSignal;
    private Task _upload = Task.CompletedTask;
    private bool _responseStarted;
    private int _released;

    /// <summary>Sends the request and reads the response head; the body follows in the response's content.</summary>
    /// <exception cref="BackendException">The request failed; the connection is closed, or was not used.</exception>
    public async Task<HttpResponseMessage> RunAsync()
    {
        WriteHead();
        // Cancelling the request closes the connection: the read that is already pending on a reused connection cannot be cancelled.
        using var end = request.CloseWhenCancelled(connection);
        try
        {
            await SendAsync().ConfigureAwait(false);
            while (true)
            {
                // The body's framing is known only after all headers.
                var response = new BackendResponse(connection.Head) { RequestMessage = request };
                Http1Head head;
                while (!TryReadHead(response, out head))
                {
                    if (!connection.Filled(await connection.FillAsync(CancellationToken.None).ConfigureAwait(false)))
                        throw new IOException("the backend closed the connection before its response");
                    _responseStarted = true;
                }

                if (!IsFinal(response, head))
                    continue;
                // The reader of the body has the token.
                request.ReleaseConnection();
                return response;
            }
        }
        catch (Exception error)
        {
            await AbandonAsync().ConfigureAwait(false);
            ReleaseCount();
            // A connection closed for that reason has not failed.
            if (request.IsCancelled)
                throw new OperationCanceledException("the request was cancelled", error);
            if (error is not (IOException or ObjectDisposedException or InvalidDataException))
                throw;
            throw new BackendException(
                error is InvalidDataException ? ForwardFailure.InvalidResponse : ForwardFailure.BrokenBeforeResponse,
                diedIdle: connection.HasServed && !_responseStarted,
                cause: error
            );
        }
    }

    /// <summary>The response body has been read to its end: the connection returns to the pool if it can carry another request.</summary>
    public ValueTask CompleteAsync(bool keepAlive)
    {
        request.Completed();
        // A body that is still being sent belongs to a request that is over: nothing will read it.
        if (!keepAlive || !_upload.IsCompletedSuccessfully || !connection.Buffered.IsEmpty)
            return EndAsync();
        pool.Return(connection);
        ReleaseCount();
        return ValueTask.CompletedTask;
    }

    /// <summary>Decrements the address's request count, once.</summary>
    public void ReleaseCount()
    {
        if (Interlocked.Exchange(ref _released, 1) == 0)
            pool.Requests.Decrement();
    }

    /// <summary>Closes the connection and waits until the client's body is no longer being read.</summary>
    public async ValueTask AbandonAsync()
    {
        connection.Dispose();
        _continueSignal?.TrySetCanceled(CancellationToken.None);
        // If the upload failed, its body reports the reason, or the failure is a consequence of the lines above.
        if (request.Body is { } body)
            await body.StopAsync().ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await _upload.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    private async ValueTask EndAsync()
    {
        await AbandonAsync().ConfigureAwait(false);
        ReleaseCount();
    }

    private void WriteHead()
    {
        try
        {
            // A request that cannot be serialized affects nothing at the backend, not even the connection.
            connection.Writer.Head(request, pool.HostHeader);
            request.EnsureAdmitted();
        }
        catch (BackendException)
        {
            pool.Return(connection);
            ReleaseCount();
            throw;
        }
    }

    private ValueTask SendAsync()
    {
        var writer = connection.Writer;
        if (request.Body is not { } body)
            return writer.SendAsync(CancellationToken.None);
        if (request.ExpectsContinue)
            return SendHeadFirstAsync(body, writer, request.Cancellation);
        _upload = UploadAsync(body, writer, request.Cancellation);
        return ValueTask.CompletedTask;
    }

    private async ValueTask SendHeadFirstAsync(BackendRequestBody body, Http1RequestWriter writer, CancellationToken cancellationToken)
    {
        _continueSignal = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await writer.SendAsync(cancellationToken).ConfigureAwait(false);
        _upload = UploadAsync(body, writer, cancellationToken);
    }

    private async Task UploadAsync(BackendRequestBody body, Http1RequestWriter writer, CancellationToken cancellationToken)
    {
        try
        {
            if (_continueSignal is { } signal)
            {
                // RFC 9110 section 10.1.1: a client need not wait indefinitely for the 100 (Continue) that it requested.
                await Task.WhenAny(signal.Task, Task.Delay(Http1Pool.ContinueTimeout, pool.Time, cancellationToken)).ConfigureAwait(false);
                // The body was announced but never sent. This is not a successful upload: the connection would be reused and the next
                // request taken for the body.
                if (signal.Task.IsCanceled)
                    throw new OperationCanceledException("the backend responded without asking for the body");
            }

            await body.CopyToAsync(writer, cancellationToken).ConfigureAwait(false);
            await writer.CompleteAsync(body.ReadTrailers(), cancellationToken).ConfigureAwait(false);
        }
        catch (Exception) when (body.ClientFailed)
        {
            // Without its body the request will never get a response: stop waiting for one.
            connection.Dispose();
            throw;
        }
    }

    // False for an interim response, after which another response follows.
    private bool IsFinal(BackendResponse response, in Http1Head head)
    {
        switch (head.Status)
        {
            case 100:
                _continueSignal?.TrySetResult();
                return false;
            case 101 when request.Upgrade is not null:
                response.Content = new Http1Content(new Http1UpgradedStream(connection, ReleaseCount));
                return true;
            case 101:
                throw new InvalidDataException("it switches to a protocol that was not requested (RFC 9110 section 7.8)");
            case < 200:
                // Kestrel offers no way for an application to send an interim response.
                return false;
        }

        // A final response instead of 100 (Continue): the body is not sent, and anything that follows on this connection could be taken for
        // it.
        _continueSignal?.TrySetCanceled(CancellationToken.None);
        response.Content = new Http1Content(new Http1ResponseBody(this, connection, head, response));
        return true;
    }

    private bool TryReadHead(BackendResponse response, out Http1Head head)
    {
        head = default;
        if (connection.Buffered.IsEmpty)
            return false;
        var end = connection.Buffered.IndexOf("\r\n\r\n"u8);
        string? violation = null;
        if (end < 0 || !Http1Head.TryParse(connection.Buffered[..(end + 2)], request.IsHead, response, out head, out violation))
            return TryReadBareLines(response, violation, out head);
        connection.Consume(end + 4);
        return true;
    }

    // An incomplete head, or one that breaks a rule.
    private bool TryReadBareLines(BackendResponse response, string? violation, out Http1Head head)
    {
        head = default;
        var buffered = connection.Buffered;
        if (!LooksLikeAHead(buffered))
            throw new InvalidDataException("the response is not HTTP/1.1 or HTTP/1.0 (RFC 9112 section 4)");
        if (!BareLines.IsFirstLineBare(buffered))
        {
            // Some parsers see the end of a head here. Waiting for a different end would mean waiting until the deadline.
            violation ??= buffered.IndexOf("\n\n"u8) >= 0 || buffered.IndexOf("\n\r\n"u8) >= 0 ? Http1Violations.MixedLineEnds : null;
            return violation is null ? false : throw new InvalidDataException(violation);
        }

        if (!BareLines.TryRead(buffered, out var lines, out var length))
            return false;
        if (!Http1Head.TryParse(lines, request.IsHead, response, out head, out violation))
            throw new InvalidDataException(violation);
        connection.Consume(length);
        return true;
    }

    // Data that is not HTTP must be detected by its first bytes; otherwise Router would wait for the end of a head until the deadline.
    private static bool LooksLikeAHead(ReadOnlySpan<byte> begun)
    {
        var prefix = "HTTP/1."u8;
        return begun[..Math.Min(begun.Length, prefix.Length)].SequenceEqual(prefix[..Math.Min(begun.Length, prefix.Length)]);
    }
}
