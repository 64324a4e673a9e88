using System.Runtime.InteropServices;
using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.DependencyInjection;
using Router.Serving;

namespace Router.Tests;

public sealed class ServerMemoryTests
{
    [Fact]
    public void A_block_that_is_returned_twice_is_rented_once()
    {
        using var memory = new ServerMemory();
        var piece = memory.Rent();
        piece.Dispose();
        piece.Dispose();

        var (one, other) = (memory.Rent(), memory.Rent());

        ArrayOf(one.Memory).Should().NotBeSameAs(ArrayOf(other.Memory));
    }

    [Fact]
    public void A_returned_block_cannot_be_used()
    {
        using var memory = new ServerMemory();
        var piece = memory.Rent();
        piece.Dispose();

        FluentActions.Invoking(() => piece.Memory).Should().Throw<ObjectDisposedException>();
    }

    [Fact]
    public void A_rented_block_is_never_smaller_than_requested()
    {
        using var memory = new ServerMemory();

        memory.Rent(memory.MaxBufferSize).Memory.Length.Should().BeGreaterThanOrEqualTo(memory.MaxBufferSize);
        FluentActions.Invoking(() => memory.Rent(memory.MaxBufferSize + 1)).Should().Throw<ArgumentOutOfRangeException>();
    }

    [Fact]
    public async Task The_server_uses_it()
    {
        await using var router = await RunningRouter.StartAsync(SiteFile.Of("www.*", "http://backend.invalid"));

        router.App.Services.GetRequiredService<IMemoryPoolFactory<byte>>().Should().BeOfType<ServerMemory>();
    }

    private static byte[]? ArrayOf(ReadOnlyMemory<byte> memory) => MemoryMarshal.TryGetArray(memory, out var array) ? array.Array : null;
}
