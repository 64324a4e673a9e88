using System.IO.Pipelines;
using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Http;
using Router.Proxy.InFlight;

namespace Router.Tests.Forwarding;

/// <summary>When a connection that brings no more counts as closed, heartbeat by heartbeat.</summary>
public sealed class ClosedInputTests
{
    [Fact]
    public async Task With_a_request_it_stays_open_however_often_it_is_checked()
    {
        using var connection = await Connection.OpenAsync();
        using var deadline = connection.Forward();
        connection.Client.FinishWriting();

        connection.EndInput();
        for (var i = 0; i < 100; i++)
            connection.Beat();

        connection.IsClosed.Should().BeFalse();
        deadline.ClientIsGone.Should().BeFalse();
    }

    [Fact]
    public async Task When_the_client_resets_it_the_next_check_notices()
    {
        using var connection = await Connection.OpenAsync();
        using var deadline = connection.Forward();
        connection.Client.FinishWriting();
        connection.EndInput();
        connection.Beat();

        connection.Client.Reset();

        await Eventually.Async(() =>
        {
            connection.Beat();
            return deadline.ClientIsGone;
        });
        connection.IsClosed.Should().BeTrue();
    }

    [Fact]
    public async Task Without_a_request_it_is_closed_at_the_second_check()
    {
        using var connection = await Connection.OpenAsync();
        connection.Client.FinishWriting();
        connection.EndInput();

        connection.Beat();
        connection.IsClosed.Should().BeFalse();
        connection.Beat();

        connection.IsClosed.Should().BeTrue();
    }

    [Fact]
    public async Task A_request_that_has_to_queue_after_the_end_of_the_input_has_lost_its_client()
    {
        using var connection = await Connection.OpenAsync();
        using var deadline = connection.Forward();
        connection.Client.FinishWriting();
        connection.EndInput();

        deadline.RequireInput();

        deadline.ClientIsGone.Should().BeTrue();
    }

    private sealed class Connection : IConnectionSocketFeature, IConnectionHeartbeatFeature, IDisposable
    {
        private readonly CancellationTokenSource _inputEnded = new();
        private readonly DefaultConnectionContext _context = new();
        private Action? _beat;

        private Connection(Socket socket, RawConnection client)
        {
            (Socket, Client) = (socket, client);
            var pipe = new Pipe();
            _context.Transport = new Transport(pipe.Reader, pipe.Writer);
            _context.ConnectionClosed = _inputEnded.Token;
            _context.Features.Set<IConnectionSocketFeature>(this);
            _context.Features.Set<IConnectionHeartbeatFeature>(this);
            HalfClose.Watch(_ => Task.CompletedTask)(_context);
        }

        public Socket Socket { get; }

        public RawConnection Client { get; }

        public bool IsClosed => _context.ConnectionClosed.IsCancellationRequested;

        public static async Task<Connection> OpenAsync()
        {
            using var listener = new TcpListener(IPAddress.Loopback, 0);
            listener.Start();
            var client = await RawConnection.OpenAsync((IPEndPoint)listener.LocalEndpoint);
            return new Connection(await listener.AcceptSocketAsync().InTime(), client);
        }

        /// <summary>A request of the connection is forwarded.</summary>
        public RequestDeadline Forward()
        {
            var context = new DefaultHttpContext();
            context.Request.Protocol = "HTTP/1.1";
            context.Features.Set(_context.Features.Get<IConnectionLifetimeFeature>());
            var clock = new ManualClock();
            var backend = SiteFile.Of("*", "http://backend.invalid").ToSettings().Backends[0];
            return new RequestDeadline(clock, backend, context, clock.GetTimestamp());
        }

        /// <summary>The transport has received the end of what the client sends.</summary>
        public void EndInput()
        {
            var nothing = new byte[1];
            Socket.Receive(nothing).Should().Be(0);
            _inputEnded.Cancel();
        }

        public void Beat() => _beat?.Invoke();

        public void OnHeartbeat(Action<object> action, object state) => _beat += () => action(state);

        public void Dispose()
        {
            Client.Dispose();
            Socket.Dispose();
            _inputEnded.Dispose();
        }
    }

    private sealed record Transport(PipeReader Input, PipeWriter Output) : IDuplexPipe;
}
