using System.Globalization;

namespace Router.Tests.Harness;

/// <summary>Signals to processes.</summary>
internal static class Signals
{
    /// <summary>Sends one, by its name without SIG. After STOP, waits until the process does nothing any more.</summary>
    public static async Task SendAsync(int process, string name)
    {
        var id = process.ToString(CultureInfo.InvariantCulture);
        (await Script.RunAsync("kill", [$"-{name}", id])).Code.Should().Be(0);
        // One thread takes the signal and then stops the others. Until it gets a processor, they go on.
        if (name == "STOP")
            await Eventually.Async(() => Directory.GetDirectories($"/proc/{id}/task").All(IsStopped));
    }

    // proc(5): the state follows the program's name, which may have parentheses of its own.
    private static bool IsStopped(string thread)
    {
        var stat = File.ReadAllText(Path.Combine(thread, "stat"));
        return stat[stat.LastIndexOf(')') + 2] == 'T';
    }
}
