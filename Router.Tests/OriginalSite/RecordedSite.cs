using System.Collections.Concurrent;
using System.Globalization;
using System.Text;

namespace Router.Tests.OriginalSite;

/// <summary>What a backend received. The body is there once it has come in full.</summary>
internal sealed class ReceivedRequest(string backend, RawMessage message)
{
    public string Backend => backend;

    public RawMessage Message { get; set; } = message;

    public override string ToString() => $"{backend} {Message.Method} {Message.Target}";
}

/// <summary>
/// The original's site: backends that record what they receive, and in front of them a Router with its own <c>appsettings.json</c>
/// for each mode, started with the original's environment. One case is played at a time.
/// </summary>
public sealed class RecordedSite : IAsyncLifetime
{
    // The live site for all clients, as the table of the environment has it in its last column.
    private const string Everyone = "everyone";

    private readonly Dictionary<string, RawBackend> _backends = [];
    private readonly Dictionary<string, RunningRouter> _routers = [];
    private readonly ConcurrentQueue<ReceivedRequest> _received = [];
    private readonly ConcurrentQueue<string> _responses = [];

    public async Task InitializeAsync()
    {
        foreach (var (_, value, _) in CaseFile.Own.Environment.Where(variable => variable.Value.StartsWith('{')))
        {
            var name = value.Trim('{', '}');
            _backends.Add(name, RawBackend.Start(connection => ServeAsync(name, connection)));
        }

        foreach (var site in new[] { "live", "recovery", "maintenance", Everyone })
            _routers.Add(site, await StartAsync(site));
    }

    public async Task DisposeAsync()
    {
        foreach (var router in _routers.Values)
            await router.DisposeAsync();
        foreach (var backend in _backends.Values)
            await backend.DisposeAsync();
    }

    /// <summary>Host and port of a backend.</summary>
    internal string AuthorityOf(string backend) => _backends[backend].Authority;

    /// <summary>Sends what a case says, and gives the client's last response and what the backends received for it.</summary>
    internal async Task<(RawMessage Response, IReadOnlyList<ReceivedRequest> Received)> PlayAsync(
        CaseRequest request,
        string site,
        string says
    )
    {
        if (request.Times == 1)
            return await PlayOnceAsync(_routers[site], request, says);
        // A Router of its own: one client in some hundreds shares its bucket of a rate limit with another, which a case that empties its
        // bucket would take from them.
        await using var router = await StartAsync(site);
        for (var before = 1; before < request.Times; before++)
            await PlayOnceAsync(router, request, says);
        return await PlayOnceAsync(router, request, says);
    }

    private async Task<(RawMessage Response, IReadOnlyList<ReceivedRequest> Received)> PlayOnceAsync(
        RunningRouter router,
        CaseRequest request,
        string says
    )
    {
        _received.Clear();
        _responses.Clear();
        foreach (var response in says.Split(" then ", StringSplitOptions.RemoveEmptyEntries))
            _responses.Enqueue(response);

        using var client = await router.ConnectAsync();
        await client.WriteAsync(request.Head);
        foreach (var piece in request.Body)
            await client.WriteAsync(piece);
        var reply =
            await client.ReadMessageAsync(request.Method is not "HEAD")
            ?? throw new IOException("Router closed the connection without a response");
        return (reply, [.. _received]);
    }

    private Task<RunningRouter> StartAsync(string site) =>
        RunningRouter.StartWithItsOwnTableAsync(
            // Time stands still: a limit is met exactly, and no request slips through because a token has come back meanwhile.
            new ManualClock(),
            [
                .. CaseFile
                    .Own.Environment.Select(variable =>
                        (
                            variable.Variable,
                            Value: site is Everyone && variable.ForEveryone is not "" ? variable.ForEveryone : variable.Value
                        )
                    )
                    .Select(pair => (pair.Variable, AddressOf(pair.Value))),
                ("DM_MODE", site is Everyone ? "live" : site),
            ]
        );

    private string AddressOf(string value) => value.StartsWith('{') ? _backends[value.Trim('{', '}')].Address : value;

    // One response to a connection: what is kept alive here could go stale between two cases, and that is no case's business.
    private async Task ServeAsync(string name, RawConnection connection)
    {
        using (connection)
        {
            var request = new ReceivedRequest(name, new RawMessage(await connection.ReadHeadAsync()));
            _received.Enqueue(request);
            request.Message = await connection.ReadBodyAsync(request.Message);
            var says =
                _responses.TryDequeue(out var response) ? response
                : request.Message.Target is "/404" ? "404"
                : "200";
            if (says is not "nothing")
                await connection.WriteAsync(Response(name, says, request.Message.Method));
        }
    }

    private static string Response(string name, string says, string method)
    {
        var status = int.Parse(says.Split(' ')[0], CultureInfo.InvariantCulture);
        var body = status is 204 or 304 ? "" : $"a {status} from {name}";
        var head = new StringBuilder($"HTTP/1.1 {status} As said\r\nConnection: close\r\n");
        if (body is not "")
            head.Append(CultureInfo.InvariantCulture, $"Content-Type: text/plain\r\nContent-Length: {body.Length}\r\n");
        foreach (var header in CaseFile.Own.Items(says[3..]))
            head.Append(CultureInfo.InvariantCulture, $"{header}\r\n");
        return $"{head}\r\n{(method is "HEAD" ? "" : body)}";
    }
}
