using System.Net.Sockets;
using System.Security.Cryptography;
using Microsoft.Extensions.Hosting.Systemd;
using Router.Configuration;
using Router.Hosting;
using Router.Serving;

namespace Router.Cli;

/// <summary><c>router</c>: serves until it is asked to stop.</summary>
public static class RunCommand
{
    /// <summary>
    /// Runs the server; the exit code is 0 after a requested stop, and 1 after any other end or if Router could not listen.
    /// </summary>
    /// <exception cref="InvalidConfigurationException">The configuration has validation errors.</exception>
    public static async Task<int> RunAsync(StartOptions options, TextWriter output, TextWriter errors)
    {
        using var signals = new ProcessSignals();
        await using var app = await RouterApplication.BuildAsync(options).ConfigureAwait(false);
        return await RunAsync(app, options, signals, output, errors).ConfigureAwait(false);
    }

    /// <summary>Starts a built application, and serves until it ends.</summary>
    internal static async Task<int> RunAsync(
        WebApplication app,
        StartOptions options,
        ProcessSignals signals,
        TextWriter output,
        TextWriter errors
    )
    {
        try
        {
            await app.StartAsync().ConfigureAwait(false);
        }
        // Asked to stop before it had started: a start that is cancelled is not a failure.
        catch (OperationCanceledException) when (app.Lifetime.ApplicationStopping.IsCancellationRequested)
        {
            return 0;
        }
        catch (ListenException error)
        {
            await errors.WriteLineAsync(error.Message + ".").ConfigureAwait(false);
            return 1;
        }
        // In use, not this machine's, or https without a certificate: the framework reports each differently.
        catch (Exception error) when (error is IOException or SocketException or InvalidOperationException or CryptographicException)
        {
            var addresses = ListenAddresses.Of(app.Configuration, options, new ManagementSettings { Url = null });
            await errors.WriteLineAsync(ListenAddresses.Explain(addresses, error)).ConfigureAwait(false);
            return 1;
        }

        NotifySystemd(app);
        Welcome.Write(app, options.IsOnTerminal, output);
        signals.Serve(app.Services.GetRequiredService<ConfigurationWatch>());
        await app.WaitForShutdownAsync().ConfigureAwait(false);
        if (signals.IsStopAsked)
            return 0;
        // A supervisor restarts what has failed, and does not restart what ended successfully.
        await errors.WriteLineAsync("Router stopped without having been asked to. The log says why.").ConfigureAwait(false);
        return 1;
    }

    // As a unit of Type=notify (sd_notify(3)); anywhere else there is nothing to notify. The framework's own way reads the parent process's
    // name, which a hardened unit cannot see.
    private static void NotifySystemd(WebApplication app)
    {
        var notifier = new SystemdNotifier();
        notifier.Notify(ServiceState.Ready);
        app.Lifetime.ApplicationStopping.Register(() => notifier.Notify(ServiceState.Stopping));
    }
}
