namespace Router.Tests.Harness;

internal static class RawConnectionExtensions
{
    /// <summary>Reads bytes that nobody looks at.</summary>
    public static async Task SkipAsync(this RawConnection connection, int count) => await connection.ReadExactlyAsync(count);
}
