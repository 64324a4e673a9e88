using System.Diagnostics.Metrics;
using Microsoft.Extensions.DependencyInjection;

namespace Router.Tests.Harness;

/// <summary>
/// The connections of a test's client. The meter that the framework gives to a client belongs to no application: every Router of this
/// process would count its requests beside its own. This one belongs to the tests.
/// </summary>
internal static class ClientHandler
{
    private static readonly IMeterFactory Meters = new ServiceCollection()
        .AddMetrics()
        .BuildServiceProvider()
        .GetRequiredService<IMeterFactory>();

    public static SocketsHttpHandler Create() => new() { MeterFactory = Meters };
}
