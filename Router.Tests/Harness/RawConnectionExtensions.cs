namespace Router.Tests.Harness;

internal static class RawConnectionExtensions
{
    /// <summary>Reads bytes and discards them.</summary>
    public static async Task SkipAsync(this RawConnection connection, int count) => await connection.ReadExactlyAsync(count);
}
