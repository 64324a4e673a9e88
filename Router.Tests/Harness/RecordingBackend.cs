using System.Collections.Concurrent;

namespace Router.Tests.Harness;

/// <summary>A backend that responds to each whole request as the test says, and keeps every whole request that it got.</summary>
internal sealed class RecordingBackend : IAsyncDisposable
{
    public const string Ok = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

    private readonly ConcurrentQueue<RawMessage> _requests = [];
    private readonly RawBackend _backend;
    private Func<RawConnection, Task> _respond = connection => connection.WriteAsync(Ok);

    public RecordingBackend() =>
        _backend = RawBackend.Start(async connection =>
        {
            while (await connection.ReadMessageAsync() is { } request)
            {
                _requests.Enqueue(request);
                await _respond(connection);
            }
        });

    /// <summary>Scheme, host and port.</summary>
    public string Address => _backend.Address;

    /// <summary>Host and port: what <c>Host</c> must say.</summary>
    public string Authority => _backend.Authority;

    public int Connections => _backend.Connections;

    public IReadOnlyList<RawMessage> Requests => [.. _requests];

    /// <summary>The one request that it got.</summary>
    public RawMessage OnlyRequest => Requests.Should().ContainSingle().Subject;

    /// <summary>
    /// Forgets the requests that it got, and responds with <see cref="Ok"/> again: so a case begins whose class shares the backend.
    /// </summary>
    public RecordingBackend Forget()
    {
        RespondWith(Ok);
        return this;
    }

    /// <summary>From now on it responds with these bytes. It forgets the requests that it got.</summary>
    public void RespondWith(string response) => RespondWith(connection => connection.WriteAsync(response));

    /// <summary>From now on this script responds to each request. It forgets the requests that it got.</summary>
    public void RespondWith(Func<RawConnection, Task> script)
    {
        _respond = script;
        _requests.Clear();
    }

    public ValueTask DisposeAsync() => _backend.DisposeAsync();
}
