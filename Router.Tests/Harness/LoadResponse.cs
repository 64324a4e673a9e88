namespace Router.Tests.Harness;

/// <summary>When a request was sent, when its response had arrived, and whether the application made it.</summary>
internal sealed record LoadResponse(DateTimeOffset Sent, DateTimeOffset Had, bool Open);
