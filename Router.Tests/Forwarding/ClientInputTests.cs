using System.IO.Pipelines;
using Router.Http;

namespace Router.Tests.Forwarding;

public sealed class ClientInputTests
{
    private readonly Pipe _pipe = new();
    private readonly ClientInput _input;

    public ClientInputTests() => _input = new ClientInput(new Transport(_pipe.Reader, _pipe.Writer));

    [Fact]
    public async Task The_end_is_reported_once_everything_before_it_has_been_consumed()
    {
        await _pipe.Writer.WriteAsync("headbody"u8.ToArray());
        await _pipe.Writer.CompleteAsync();

        var head = await _input.ReadAsync();
        head.IsCompleted.Should().BeFalse();
        _input.AdvanceTo(head.Buffer.GetPosition(4));
        var body = await _input.ReadAsync();
        (body.IsCompleted, body.Buffer.Length).Should().Be((false, 4));
        _input.AdvanceTo(body.Buffer.End);
        var end = await _input.ReadAsync();
        (end.IsCompleted, end.Buffer.Length).Should().Be((true, 0));
    }

    [Fact]
    public async Task It_is_reported_with_what_has_been_examined_and_left()
    {
        await _pipe.Writer.WriteAsync("GET / HT"u8.ToArray());
        await _pipe.Writer.CompleteAsync();

        var part = await _input.ReadAsync();
        part.IsCompleted.Should().BeFalse();
        _input.AdvanceTo(part.Buffer.Start, part.Buffer.End);

        _input.TryRead(out var rest).Should().BeTrue();
        (rest.IsCompleted, rest.Buffer.Length).Should().Be((true, 8));
    }

    [Fact]
    public async Task A_connection_that_broke_fails_the_next_read()
    {
        await _pipe.Writer.WriteAsync("hello"u8.ToArray());
        await _pipe.Writer.CompleteAsync(new IOException("reset"));

        await FluentActions.Awaiting(async () => await _input.ReadAsync()).Should().ThrowAsync<IOException>();
    }

    private sealed record Transport(PipeReader Input, PipeWriter Output) : IDuplexPipe;
}
