namespace Router.Http.Http1;

/// <summary>
/// One request and its answer on a connection. The body goes up while the answer is awaited and while it comes down, so that an
/// answer that the backend gives early reaches the client, and neither side waits for the other without need.
/// </summary>
public sealed class Http1RoundTrip(Http1Pool pool, Http1Connection connection, BackendRequest request)
{
    // The backend's leave to send the body; null where nobody waits for it.
    private TaskCompletionSource? _leave;
    private Task _upload = Task.CompletedTask;
    private bool _answerBegan;
    private int _left;

    /// <summary>Sends the request and reads the answer's head; the body follows in the answer's content.</summary>
    /// <exception cref="BackendException">It failed; the connection is closed, or was not used.</exception>
    public async Task<HttpResponseMessage> RunAsync()
    {
        Begin();
        // Whoever ends it closes the connection: the read that a kept one begins with can't be told to end.
        using var end = request.CloseWhenCancelled(connection);
        try
        {
            await SendAsync().ConfigureAwait(false);
            while (true)
            {
                // The body is known when all fields are.
                var response = new BackendResponse(connection.Head) { RequestMessage = request };
                Http1Head head;
                while (!TryReadHead(response, out head))
                {
                    if (!connection.Filled(await connection.FillAsync(CancellationToken.None).ConfigureAwait(false)))
                        throw new IOException("the backend closed the connection before its answer");
                    _answerBegan = true;
                }

                if (!IsFinal(response, head))
                    continue;
                // Its body is read by whoever has the token.
                request.ReleaseConnection();
                return response;
            }
        }
        catch (Exception error)
        {
            await AbandonAsync().ConfigureAwait(false);
            ReleaseCount();
            // A connection that was closed for that reason has not died.
            if (request.IsCancelled)
                throw new OperationCanceledException("the request was ended", error);
            if (error is not (IOException or ObjectDisposedException or InvalidDataException))
                throw;
            throw new BackendException(
                error is InvalidDataException ? ForwardFailure.InvalidResponse : ForwardFailure.BrokenBeforeResponse,
                diedIdle: connection.HasServed && !_answerBegan,
                cause: error
            );
        }
    }

    /// <summary>The answer's body has been read to its end: the connection goes back to the pool if it can carry another request.</summary>
    public ValueTask CompleteAsync(bool keepAlive)
    {
        request.Completed();
        // A body that is still going up belongs to an exchange that is over: nobody will read it.
        if (!keepAlive || !_upload.IsCompletedSuccessfully || !connection.Buffered.IsEmpty)
            return EndAsync();
        pool.Return(connection);
        ReleaseCount();
        return ValueTask.CompletedTask;
    }

    /// <summary>Counts the request out of its address, once.</summary>
    public void ReleaseCount()
    {
        if (Interlocked.Exchange(ref _left, 1) == 0)
            pool.Requests.Leave();
    }

    /// <summary>Closes the connection and waits until the client's body is no longer being read.</summary>
    public async ValueTask AbandonAsync()
    {
        connection.Dispose();
        _leave?.TrySetCanceled(CancellationToken.None);
        // What went wrong with the upload is told by its body, or is the consequence of the lines above.
        if (request.Body is { } body)
            await body.StopAsync().ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await _upload.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    private async ValueTask EndAsync()
    {
        await AbandonAsync().ConfigureAwait(false);
        ReleaseCount();
    }

    private void Begin()
    {
        try
        {
            // What can't be laid out costs the backend nothing, not even the connection.
            connection.Writer.Head(request, pool.HostField);
            request.Begin();
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
            return AskForLeaveAsync(body, writer, request.Cancellation);
        _upload = UploadAsync(body, writer, request.Cancellation);
        return ValueTask.CompletedTask;
    }

    private async ValueTask AskForLeaveAsync(BackendRequestBody body, Http1RequestWriter writer, CancellationToken cancellationToken)
    {
        _leave = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await writer.SendAsync(cancellationToken).ConfigureAwait(false);
        _upload = UploadAsync(body, writer, cancellationToken);
    }

    private async Task UploadAsync(BackendRequestBody body, Http1RequestWriter writer, CancellationToken cancellationToken)
    {
        try
        {
            if (_leave is { } leave)
            {
                // RFC 9110 section 10.1.1: a client need not wait for ever for the leave that it asked for.
                await Task.WhenAny(leave.Task, Task.Delay(Http1Pool.ContinueTimeout, pool.Time, cancellationToken)).ConfigureAwait(false);
                // Announced and never sent: not an upload that went well, or the connection would be used again and the next request taken
                // for the body.
                if (leave.Task.IsCanceled)
                    throw new OperationCanceledException("the backend answered without asking for the body");
            }

            await body.CopyToAsync(writer, cancellationToken).ConfigureAwait(false);
            await writer.CompleteAsync(body.ReadTrailers(), cancellationToken).ConfigureAwait(false);
        }
        catch (Exception) when (body.ClientFailed)
        {
            // Without its body the request will never be answered: end the wait for that.
            connection.Dispose();
            throw;
        }
    }

    // False for an interim answer, after which another one follows.
    private bool IsFinal(BackendResponse response, in Http1Head head)
    {
        switch (head.Status)
        {
            case 100:
                _leave?.TrySetResult();
                return false;
            case 101 when request.Upgrade is not null:
                response.Content = new Http1Content(new Http1UpgradedStream(connection, ReleaseCount));
                return true;
            case 101:
                throw new InvalidDataException("it changes to a protocol that nobody asked for (RFC 9110 section 7.8)");
            case < 200:
                // Kestrel has no way to send an interim answer of the application's.
                return false;
        }

        // A final answer in place of the leave: the body is not sent, and what follows on this connection could be taken for it.
        _leave?.TrySetCanceled(CancellationToken.None);
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

    // A head that has not come to its end, or breaks a rule.
    private bool TryReadBareLines(BackendResponse response, string? violation, out Http1Head head)
    {
        head = default;
        var buffered = connection.Buffered;
        if (!LooksLikeAHead(buffered))
            throw new InvalidDataException("what came is not HTTP/1.1 or HTTP/1.0 (RFC 9112 section 4)");
        if (!BareLines.Begin(buffered))
        {
            // The end of a head as some readers see it: to wait for another would be to wait until the time limit.
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

    // Something else must be told by its first bytes, or it would be waited for until the time limit.
    private static bool LooksLikeAHead(ReadOnlySpan<byte> begun)
    {
        var prefix = "HTTP/1."u8;
        return begun[..Math.Min(begun.Length, prefix.Length)].SequenceEqual(prefix[..Math.Min(begun.Length, prefix.Length)]);
    }
}
