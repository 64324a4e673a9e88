using Microsoft.AspNetCore.Http;
using Router.Configuration;
using Router.Proxy.InFlight;

namespace Router.Tests.Forwarding;

public sealed class RequestDeadlineTests : IDisposable
{
    private readonly RunningLimit _limit = new();

    [Fact]
    public void The_end_of_a_request_closes_its_connection_and_cancels_its_token()
    {
        using var connection = new Connection();
        var token = _limit.Value.Token;
        _limit.Value.CloseAtEnd(connection);

        _limit.Value.Cut().Should().BeTrue();

        connection.IsClosed.Should().BeTrue();
        token.IsCancellationRequested.Should().BeTrue();
        _limit.Value.IsCancelled.Should().BeTrue();
    }

    [Fact]
    public void A_connection_or_token_after_the_end_is_closed_or_cancelled_immediately()
    {
        using var connection = new Connection();
        _limit.Value.Cut();

        _limit.Value.CloseAtEnd(connection);

        connection.IsClosed.Should().BeTrue();
        _limit.Value.Token.IsCancellationRequested.Should().BeTrue();
    }

    [Fact]
    public async Task A_released_connection_belongs_to_another_request_and_is_not_closed()
    {
        for (var i = 0; i < 20_000; i++)
        {
            using var limit = new RunningLimit();
            using var connection = new Connection();
            limit.Value.CloseAtEnd(connection);

            var cutting = Task.Run(limit.Value.Cut);
            limit.Value.CloseAtEnd(null);
            var wasClosed = connection.IsClosed;
            await cutting;

            connection.IsClosed.Should().Be(wasClosed, "it may carry another request since then");
        }
    }

    [Fact]
    public async Task A_client_that_disconnects_ends_the_request()
    {
        using var gone = new CancellationTokenSource();
        using var limit = new RunningLimit(clientGone: gone.Token);
        using var connection = new Connection();
        limit.Value.CloseAtEnd(connection);

        await gone.CancelAsync();

        limit.Value.ClientIsGone.Should().BeTrue();
        connection.IsClosed.Should().BeTrue();
    }

    [Fact]
    public void Each_piece_of_a_response_has_the_grace_and_what_was_read_quickly_counts_for_the_next()
    {
        var clock = new ManualClock();
        using var limit = new RunningLimit(time: clock);
        limit.Value.ResponseStarted(clock.GetTimestamp());
        limit.Value.LimitDownload(bytesPerSecond: 240, TimeSpan.FromSeconds(60));

        limit.Value.PauseForClient();
        clock.Advance(TimeSpan.FromSeconds(59));
        limit.Value.IsDue.Should().BeFalse();
        // One hundred seconds' worth: the next piece has until second 160, the one after it another minute.
        limit.Value.ResumeFromClient(24_000);
        limit.Value.PauseForClient();
        clock.Advance(TimeSpan.FromSeconds(100));
        limit.Value.IsDue.Should().BeFalse();
        limit.Value.ResumeFromClient(24_000);
        limit.Value.PauseForClient();
        clock.Advance(TimeSpan.FromSeconds(59));
        limit.Value.IsDue.Should().BeFalse();
        clock.Advance(TimeSpan.FromSeconds(1));
        limit.Value.IsDue.Should().BeTrue();

        limit.Value.Expire();

        limit.Value.ClientIsGone.Should().BeTrue();
        limit.Value.IsCancelled.Should().BeTrue();
    }

    public void Dispose() => _limit.Dispose();

    private sealed class RunningLimit(TimeProvider? time = null, CancellationToken clientGone = default) : IDisposable
    {
        private static readonly BackendSettings Backend = SiteFile.Of("www.*", "http://backend.invalid").ToSettings().Backends[0];

        public RequestDeadline Value { get; } =
            new(
                time ?? TimeProvider.System,
                Backend,
                new DefaultHttpContext { RequestAborted = clientGone },
                (time ?? TimeProvider.System).GetTimestamp()
            );

        public void Dispose() => Value.Dispose();
    }

    private sealed class Connection : IDisposable
    {
        private volatile bool _isClosed;

        public bool IsClosed => _isClosed;

        public void Dispose() => _isClosed = true;
    }
}
