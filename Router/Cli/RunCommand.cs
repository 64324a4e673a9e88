using Router.Serving;

namespace Router.Cli;

/// <summary><c>router</c>: serves until it is told to stop.</summary>
public static class RunCommand
{
    /// <summary>Runs; the exit code is 0 after an orderly stop and 1 where Router could not listen.</summary>
    /// <exception cref="Configuration.InvalidConfigurationException">The configuration has faults.</exception>
    public static async Task<int> RunAsync(StartOptions options, TextWriter output, TextWriter errors)
    {
        await using var app = await RouterApplication.BuildAsync(options).ConfigureAwait(false);
        try
        {
            await app.StartAsync().ConfigureAwait(false);
        }
        catch (IOException fault)
        {
            await errors.WriteLineAsync($"Router can't listen: {fault.Message}").ConfigureAwait(false);
            return 1;
        }

        Welcome.Write(app, output);
        await app.WaitForShutdownAsync().ConfigureAwait(false);
        return 0;
    }
}
