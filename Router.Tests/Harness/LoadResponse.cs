namespace Router.Tests.Harness;

/// <summary>The path of a request, when it was sent, when its response had arrived, and whether the application made it.</summary>
internal sealed record LoadResponse(string Path, DateTimeOffset Sent, DateTimeOffset Had, bool Open);
