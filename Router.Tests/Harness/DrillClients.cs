using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text.Json.Nodes;
using Xunit.Abstractions;

namespace Router.Tests.Harness;

/// <summary>Clients that write one after the other through every instance of a drill, and keep what they were told of each write.</summary>
/// <param name="output">Receives the name of every write that was refused.</param>
internal sealed class DrillClients(ITestOutputHelper output) : IAsyncDisposable
{
    private const int EachInstance = 2;
    private const int Refusals = 20;
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(40);
    private static readonly TimeSpan LeastWork = TimeSpan.FromMilliseconds(20);

    private readonly ConcurrentQueue<string> _acknowledged = [];
    private readonly ConcurrentQueue<string> _notForwarded = [];
    private readonly ConcurrentQueue<(IInstance Router, string Body)> _refusals = [];
    private readonly ConcurrentQueue<string> _unknown = [];
    private readonly ConcurrentQueue<string> _failed = [];
    private readonly ConcurrentQueue<Task> _writing = [];
    private readonly CancellationTokenSource _end = new();
    private readonly HttpClient _client = new(ClientHandler.Create()) { Timeout = TimeSpan.FromMinutes(3) };

    /// <summary>The writes that got 201.</summary>
    public IEnumerable<string> Acknowledged => _acknowledged;

    /// <summary>The writes whose client was told that no backend got a byte of it.</summary>
    public IEnumerable<string> NotForwarded => _notForwarded;

    /// <summary>The writes whose client was told that the outcome is unknown.</summary>
    public IEnumerable<string> Unknown => _unknown;

    /// <summary>The writes that got anything but 201.</summary>
    public IEnumerable<string> Failed => _failed;

    /// <summary>How an instance responded to the writes that it did not forward.</summary>
    public IEnumerable<string> RefusedBy(IInstance router) => _refusals.Where(it => it.Router == router).Select(it => it.Body);

    /// <summary>Writes through an instance until the end, wherever it is just then.</summary>
    public void Use(IInstance router)
    {
        for (var i = 0; i < EachInstance; i++)
            _writing.Enqueue(Task.Run(() => WriteAllAsync(router)));
    }

    /// <summary>Writes once; the id of the write is chosen by the caller. Null where no response came.</summary>
    public async Task<HttpStatusCode?> WriteAsync(IInstance router, string id, TimeSpan work, string host = "www.example.org")
    {
        var (status, body) = await SendAsync(router, id, work, host);
        if (status != HttpStatusCode.Created)
            output.WriteLine(
                $"{DateTimeOffset.UtcNow:HH:mm:ss.fff} write {id} through {router.Endpoint}: {status?.ToString() ?? "no response"} {body}"
            );
        return status;
    }

    /// <summary>Waits until many more writes have been refused.</summary>
    public Task RefusedAsync()
    {
        var before = _notForwarded.Count;
        return Eventually.Async(() => _notForwarded.Count >= before + Refusals);
    }

    /// <summary>Waits until many more writes have been acknowledged.</summary>
    public Task AcknowledgedAsync()
    {
        var before = _acknowledged.Count;
        return Eventually.Async(() => _acknowledged.Count >= before + Refusals);
    }

    /// <summary>Ends the writing, after every write has got its response.</summary>
    public async Task StopAsync()
    {
        await _end.CancelAsync();
        await Task.WhenAll(_writing);
    }

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        _client.Dispose();
        _end.Dispose();
    }

    private async Task<(HttpStatusCode? Status, string Body)> SendAsync(IInstance router, string id, TimeSpan work, string host)
    {
        var target = string.Create(CultureInfo.InvariantCulture, $"/write/{id}?id={id}&work={work.TotalMilliseconds:F0}");
        using var request = new HttpRequestMessage(HttpMethod.Post, $"http://{router.Endpoint}{target}");
        request.Headers.Host = host;
        request.Headers.Accept.ParseAdd("application/json");
        request.Content = new StringContent("a row");
        try
        {
            using var response = await _client.SendAsync(request);
            var body = await response.Content.ReadAsStringAsync();
            if (response.StatusCode != HttpStatusCode.Created)
                _failed.Enqueue($"{id}: {(int)response.StatusCode} {body}");
            if (response.StatusCode == HttpStatusCode.Created)
                _acknowledged.Enqueue(id);
            else if (body.StartsWith('{') && JsonNode.Parse(body)!["forwarded"]?.GetValue<bool>() == false)
            {
                _notForwarded.Enqueue(id);
                _refusals.Enqueue((router, body));
            }
            else if (body.Contains("\"outcome\"", StringComparison.Ordinal))
                _unknown.Enqueue(id);
            return (response.StatusCode, body);
        }
        catch (Exception gone) when (gone is HttpRequestException or SocketException)
        {
            // Its instance was killed, or is about to start.
            _failed.Enqueue($"{id}: {gone.Message}");
            return (null, gone.Message);
        }
    }

    private async Task WriteAllAsync(IInstance router)
    {
        for (var i = 0; !_end.IsCancellationRequested; i++)
        {
            await SendAsync(router, Guid.NewGuid().ToString("N"), LeastWork * (i % 5), "www.example.org");
            await Task.Delay(Pause, _end.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }
}
