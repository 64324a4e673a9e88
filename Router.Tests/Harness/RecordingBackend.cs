using System.Collections.Concurrent;

namespace Router.Tests.Harness;

/// <summary>A backend that answers each whole request with the same bytes, and keeps every whole request that it got.</summary>
internal sealed class RecordingBackend : IAsyncDisposable
{
    private readonly ConcurrentQueue<RawMessage> _requests = [];
    private readonly RawBackend _backend;

    public RecordingBackend(string answer = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok") =>
        _backend = RawBackend.Start(async connection =>
        {
            while (await connection.ReadMessageAsync() is { } request)
            {
                _requests.Enqueue(request);
                await connection.WriteAsync(answer);
            }
        });

    public string Address => _backend.Address;

    public int Connections => _backend.Connections;

    public IReadOnlyList<RawMessage> Requests => [.. _requests];

    /// <summary>Forgets the requests that it got: for a backend that all cases of a class share.</summary>
    public void Forget() => _requests.Clear();

    public ValueTask DisposeAsync() => _backend.DisposeAsync();
}
