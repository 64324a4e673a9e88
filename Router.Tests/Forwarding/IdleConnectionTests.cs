using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using Router.Http.Http1;

namespace Router.Tests.Forwarding;

public sealed class IdleConnectionTests
{
    [Fact]
    public async Task An_idle_connection_that_the_backend_has_closed_is_closed_here_too_without_a_further_request()
    {
        var closedHere = new TaskCompletionSource();
        await using var backend = RawBackend.Start(async connection =>
        {
            await connection.ReadMessageAsync();
            await connection.WriteAsync("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
            connection.FinishWriting();
            await connection.ReadToEndAsync();
            closedHere.SetResult();
        });
        await using var router = await RunningRouter.StartAsync(SiteFile.Of("www.*", backend));

        (await router.GetAsync("http://www.example.org/")).Status.Should().Be(200);

        await closedHere.Task.InTime();
    }

    [Fact]
    public async Task A_thread_takes_the_connection_that_it_returned_last()
    {
        var idle = new IdleConnections();
        using var first = new Worker();
        using var second = new Worker();
        using var old = Connection();
        using var young = Connection();
        using var other = Connection();
        await first.DoAsync(() => Add(idle, old));
        await first.DoAsync(() => Add(idle, young));
        await second.DoAsync(() => Add(idle, other));

        (await first.DoAsync(idle.Take)).Should().BeSameAs(young);
        (await first.DoAsync(idle.Take)).Should().BeSameAs(old);
        idle.Count.Should().Be(1);
    }

    [Fact]
    public async Task A_thread_that_returned_none_takes_the_one_that_was_returned_last()
    {
        var idle = new IdleConnections();
        using var first = new Worker();
        using var second = new Worker();
        using var old = Connection();
        using var young = Connection();
        await first.DoAsync(() => Add(idle, old));
        await first.DoAsync(() => Add(idle, young));

        (await second.DoAsync(idle.Take)).Should().BeSameAs(young);
        (await second.DoAsync(idle.Take)).Should().BeSameAs(old);
        (await second.DoAsync(idle.Take)).Should().BeNull();
    }

    private static bool Add(IdleConnections idle, Http1Connection connection)
    {
        idle.Add(connection);
        return true;
    }

    private static Http1Connection Connection() => new(Stream.Null, new Socket(SocketType.Stream, ProtocolType.Tcp), IPAddress.Loopback);

    /// <summary>A thread that does one thing after the other.</summary>
    private sealed class Worker : IDisposable
    {
        private readonly BlockingCollection<Action> _work = [];
        private readonly Thread _thread;

        public Worker()
        {
            _thread = new Thread(() =>
            {
                foreach (var work in _work.GetConsumingEnumerable())
                    work();
            });
            _thread.Start();
        }

        public Task<T> DoAsync<T>(Func<T> work)
        {
            var done = new TaskCompletionSource<T>(TaskCreationOptions.RunContinuationsAsynchronously);
            _work.Add(() => done.SetResult(work()));
            return done.Task.InTime();
        }

        public void Dispose()
        {
            _work.CompleteAdding();
            _thread.Join();
            _work.Dispose();
        }
    }
}
