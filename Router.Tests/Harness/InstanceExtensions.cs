namespace Router.Tests.Harness;

internal static class InstanceExtensions
{
    /// <summary>What its health check says.</summary>
    public static async Task<string> StatusAsync(this IInstance instance)
    {
        using var client = new HttpClient();
        return await client.GetStringAsync($"http://{instance.Endpoint}/_status").InTime();
    }

    /// <summary>Waits until it is live: it reads the record of the mode after its start.</summary>
    public static async Task LiveAsync(this IInstance instance) =>
        await Eventually.TrueAsync(async () => (await instance.StatusAsync()).Contains("\"live\"", StringComparison.Ordinal));
}
