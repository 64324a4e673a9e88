using System.Text.Json;

namespace Router.Bench;

/// <summary>What a request costs, as <c>cost.json</c> records it for the guard.</summary>
/// <param name="Bytes">Allocated for a request of each case.</param>
/// <param name="Instructions">Executed for a request of each case: see <see cref="Bench.Instructions"/>.</param>
/// <param name="Cpu">The ratio of a small response's processor time to each peer's.</param>
internal sealed record Cost(Dictionary<string, double> Bytes, Dictionary<string, double> Instructions, Dictionary<string, double> Cpu)
{
    private static readonly JsonSerializerOptions Format = new(JsonSerializerDefaults.Web) { WriteIndented = true };

    public static Cost Read(string path) => JsonSerializer.Deserialize<Cost>(File.ReadAllText(path), Format)!;

    public void Write(string path) => File.WriteAllText(path, JsonSerializer.Serialize(this, Format) + "\n");
}
