using System.Net;

namespace Router.Tests.Harness;

/// <summary>
/// A Router that clients and operators use: a process of its own, where it is killed, suspended or limited, or one within the test's
/// process, which costs a tenth.
/// </summary>
internal interface IInstance : IAsyncDisposable
{
    /// <summary>Where clients connect to.</summary>
    IPEndPoint Endpoint { get; }

    /// <summary>Where operators connect to.</summary>
    string ManagementUrl { get; }

    /// <summary>The last lines of its log, for the output of a test that fails.</summary>
    IEnumerable<string> LastLines { get; }
}
