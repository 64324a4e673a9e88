using System.Collections.Concurrent;
using System.Globalization;
using System.Net.WebSockets;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Npgsql;

namespace Router.Tests.Harness;

/// <summary>
/// An application that writes to a database. It goes on working on a request after its client has gone, as most applications do: a row is
/// committed only when the work is done.
/// </summary>
internal sealed class DrillApplication : IAsyncDisposable
{
    private readonly ConcurrentDictionary<string, int> _arrived = [];
    private readonly PostgresServer _database;
    private readonly string _table;
    private readonly WebApplication _app = Application.Create();
    private int _working;

    private DrillApplication(PostgresServer database, string table) => (_database, _table) = (database, table);

    public string Address => _app.Urls.First();

    /// <summary>The writes of which at least a byte has come, whatever became of them.</summary>
    public ICollection<string> Arrived => _arrived.Keys;

    /// <summary>The writes that have come more than once.</summary>
    public IEnumerable<string> Repeated => _arrived.Where(write => write.Value > 1).Select(write => write.Key);

    /// <summary>Starts one with an empty table of its own.</summary>
    public static async Task<DrillApplication> StartAsync(PostgresServer database)
    {
        var application = new DrillApplication(database, $"drill_{Guid.NewGuid():N}");
        await database.ExecuteAsync($"CREATE TABLE {application._table} (id text)");
        application._app.UseWebSockets();
        application._app.Run(application.RespondAsync);
        await application._app.StartAsync();
        return application;
    }

    /// <summary>What is committed now: what a restore that begins now is certain of.</summary>
    public async Task<HashSet<string>> CommittedAsync()
    {
        var committed = new HashSet<string>(StringComparer.Ordinal);
        await using var command = _database.Connections.CreateCommand($"SELECT id FROM {_table}");
        await using var rows = await command.ExecuteReaderAsync();
        while (await rows.ReadAsync())
            committed.Add(rows.GetString(0));
        return committed;
    }

    /// <summary>Waits until a write has come.</summary>
    public Task HasAsync(string id) => Eventually.Async(() => _arrived.ContainsKey(id));

    /// <summary>Waits until it works on nothing any more.</summary>
    public Task IdleAsync() => Eventually.Async(() => Volatile.Read(ref _working) == 0);

    public async ValueTask DisposeAsync()
    {
        await _app.DisposeAsync();
        await _database.ExecuteAsync($"DROP TABLE {_table}");
    }

    private async Task RespondAsync(HttpContext context)
    {
        Interlocked.Increment(ref _working);
        try
        {
            if (context.WebSockets.IsWebSocketRequest)
                await TalkAsync(context);
            else
                await WriteAsync(context);
        }
        finally
        {
            Interlocked.Decrement(ref _working);
        }
    }

    private async Task WriteAsync(HttpContext context)
    {
        var id = context.Request.Query["id"].ToString();
        _arrived.AddOrUpdate(id, 1, static (_, count) => count + 1);
        try
        {
            await context.Request.Body.CopyToAsync(Stream.Null);
        }
        catch (Exception gone) when (gone is IOException or BadHttpRequestException)
        {
            // What it has got is enough for it to go on.
        }

        await Task.Delay(int.Parse(context.Request.Query["work"].ToString(), CultureInfo.InvariantCulture));
        await InsertAsync(id);
        context.Response.StatusCode = StatusCodes.Status201Created;
    }

    // A row for each moment that the connection is open, without being asked.
    private async Task TalkAsync(HttpContext context)
    {
        using var socket = await context.WebSockets.AcceptWebSocketAsync();
        using var end = new CancellationTokenSource();
        var inserting = InsertAllAsync(end.Token);
        try
        {
            while ((await socket.ReceiveAsync(new byte[100], CancellationToken.None)).MessageType != WebSocketMessageType.Close) { }

            await end.CancelAsync();
            await inserting;
            await socket.CloseOutputAsync(WebSocketCloseStatus.NormalClosure, null, CancellationToken.None);
        }
        catch (WebSocketException)
        {
            // The connection broke.
            await end.CancelAsync();
            await inserting;
        }
    }

    private async Task InsertAllAsync(CancellationToken end)
    {
        for (var i = 0; !end.IsCancellationRequested; i++)
        {
            await InsertAsync($"socket-{i}");
            await Task.Delay(20, end).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private async Task InsertAsync(string id)
    {
        await using var command = _database.Connections.CreateCommand($"INSERT INTO {_table} VALUES ($1)");
        command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = id });
        await command.ExecuteNonQueryAsync();
    }
}
