using System.Net.Sockets;
using System.Security.Cryptography;
using Microsoft.Extensions.Hosting.Systemd;
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
        catch (ListenException fault)
        {
            await errors.WriteLineAsync(fault.Message + ".").ConfigureAwait(false);
            return 1;
        }
        // In use, not this machine's, or https without a certificate: the framework says each in another way.
        catch (Exception fault) when (fault is IOException or SocketException or InvalidOperationException or CryptographicException)
        {
            await errors.WriteLineAsync($"Router can't listen on {string.Join(", ", app.Urls)}: {fault.GetBaseException().Message}").ConfigureAwait(false);
            return 1;
        }

        TellSystemd(app);
        Welcome.Write(app, output);
        await app.WaitForShutdownAsync().ConfigureAwait(false);
        return 0;
    }

    // As a unit of Type=notify (sd_notify(3)); anywhere else there is nobody to tell. The framework's own way asks for the parent's name,
    // which a hardened unit can't see.
    private static void TellSystemd(WebApplication app)
    {
        var notifier = new SystemdNotifier();
        notifier.Notify(ServiceState.Ready);
        app.Lifetime.ApplicationStopping.Register(() => notifier.Notify(ServiceState.Stopping));
    }
}
